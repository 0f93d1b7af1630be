using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Pools;

namespace Hearth.Engine.Tests.Pools;

public sealed class PoolStoreTests
{
    [Fact]
    public void A_wish_comes_back_as_it_was_written()
    {
        using TemporaryHome home = new();
        PoolStore store = new(home.Paths);
        PoolWish wish = Wish("@busybox", 3) with { Vcpus = 2, MemoryBytes = 256L << 20, Kernel = "micro", Accel = AccelChoice.Tcg };

        store.Write(wish);

        store.List().ShouldBe([wish]);
        store.Require("@busybox").ShouldBe(wish);
    }

    [Fact]
    public void An_image_with_and_without_latest_has_one_pool()
    {
        using TemporaryHome home = new();
        PoolStore store = new(home.Paths);

        store.Write(Wish("alpine", 1));
        store.Write(Wish("alpine:latest", 2));

        store.List().ShouldHaveSingleItem().Count.ShouldBe(2);
        PoolStore.KeyOf("alpine:3.20").ShouldNotBe(PoolStore.KeyOf("alpine"));
        PoolStore.IsKey(PoolStore.KeyOf("alpine")).ShouldBeTrue();
    }

    [Fact]
    public void A_pool_that_is_not_there_is_named()
    {
        using TemporaryHome home = new();
        HearthException e = Should.Throw<HearthException>(() => new PoolStore(home.Paths).Require("alpine"));
        e.Code.ShouldBe("pool.not-found");
        e.Message.ShouldBe("There is no pool of alpine.");
    }

    [Theory]
    [InlineData("", "pool.corrupt")]
    [InlineData("{", "pool.corrupt")]
    [InlineData("null", "pool.corrupt")]
    [InlineData("""{"version":1,"image":null,"count":1,"diskBytes":1,"created":"2026-01-02T03:04:05Z"}""", "pool.corrupt")]
    [InlineData("""{"version":1,"count":1}""", "pool.corrupt")]
    [InlineData("""{"version":2,"image":"alpine","count":1,"diskBytes":1,"created":"2026-01-02T03:04:05Z"}""", "pool.newer")]
    public void A_file_that_cannot_be_read_is_named_with_its_cure(string text, string code)
    {
        using TemporaryHome home = new();
        string path = Path.Combine(home.Paths.Pools, PoolStore.KeyOf("alpine") + ".json");
        File.WriteAllText(path, text);

        HearthException e = Should.Throw<HearthException>(() => new PoolStore(home.Paths).List());

        e.Code.ShouldBe(code);
        e.Message.ShouldContain(path);
        e.Hint.ShouldNotBeNull();
    }

    [Fact]
    public void Memory_that_the_host_does_not_have_is_refused_with_what_fits()
    {
        PoolWish wish = Wish("alpine", 10) with { MemoryBytes = 1L << 30 };

        HearthException e = Should.Throw<HearthException>(() => PoolKeeper.RequireMemory(wish, 2, 4L << 30));

        e.Code.ShouldBe("pool.memory");
        e.Message.ShouldContain("10 VMs of alpine");
        Should.NotThrow(() => PoolKeeper.RequireMemory(wish, 10, 0));
        Should.NotThrow(() => PoolKeeper.RequireMemory(wish with { Count = 2 }, 0, 4L << 30));
    }

    internal static PoolWish Wish(string image, int count) =>
        new() { Image = image, Count = count, DiskBytes = 1L << 30, Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) };
}
