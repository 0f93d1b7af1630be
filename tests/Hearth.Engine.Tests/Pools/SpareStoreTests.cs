using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Engine.Pools;
using Hearth.Linux.Processes;

namespace Hearth.Engine.Tests.Pools;

public sealed class SpareStoreTests
{
    private static readonly string s_pool = PoolStore.KeyOf("alpine");

    [Fact]
    public async Task No_more_register_than_are_wanted()
    {
        using TemporaryHome home = new();
        SpareStore store = new(home.Paths);

        bool[] registered = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => store.TryRegisterAsync(Record(), 3, static () => { }, CancellationToken.None))));

        registered.Count(static did => did).ShouldBe(3);
        store.List().Count.ShouldBe(3);
    }

    [Fact]
    public async Task Those_of_another_shape_or_pool_do_not_count()
    {
        using TemporaryHome home = new();
        SpareStore store = new(home.Paths);
        (await store.TryRegisterAsync(Record(), 1, static () => { }, CancellationToken.None)).ShouldBeTrue();

        (await store.TryRegisterAsync(Record() with { Shape = "other" }, 1, static () => { }, CancellationToken.None)).ShouldBeTrue();
        (await store.TryRegisterAsync(Record() with { Pool = PoolStore.KeyOf("debian") }, 1, static () => { }, CancellationToken.None)).ShouldBeTrue();
        (await store.TryRegisterAsync(Record(), 1, static () => { }, CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_spare_whose_supervisor_is_gone_is_not_listed_and_is_swept()
    {
        using TemporaryHome home = new();
        SpareStore store = new(home.Paths);
        SpareRecord alive = Record();
        SpareRecord dead = Dead();
        await store.TryRegisterAsync(alive, 9, static () => { }, CancellationToken.None);
        await store.TryRegisterAsync(dead, 9, static () => { }, CancellationToken.None);

        store.List().ShouldBe([alive]);
        store.Sweep();
        store.Sweep();

        Directory.Exists(home.Paths.Vm(dead.Id)).ShouldBeFalse();
        Directory.Exists(home.Paths.Vm(alive.Id)).ShouldBeTrue();
        Directory.EnumerateFiles(home.Paths.Spares).Select(Path.GetFileNameWithoutExtension).ShouldBe([alive.Id]);
    }

    [Fact]
    public async Task A_vm_that_a_dead_spare_had_become_keeps_its_files()
    {
        using TemporaryHome home = new();
        SpareStore store = new(home.Paths);
        SpareRecord dead = Dead();
        await store.TryRegisterAsync(dead, 9, static () => { }, CancellationToken.None);
        home.Vms.List().ShouldBeEmpty("it is no VM yet");
        home.Vms.Adopt(TemporaryHome.Spec("taken", dead.Id));

        store.Sweep();

        home.Vms.List().ShouldHaveSingleItem().Name.ShouldBe("taken");
        File.Exists(Path.Combine(home.Paths.Spares, dead.Id + ".json")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"version":2}""")]
    public void A_record_that_makes_no_sense_is_passed_over(string text)
    {
        using TemporaryHome home = new();
        string path = Path.Combine(home.Paths.Spares, VmId.New() + ".json");
        File.WriteAllText(path, text);
        SpareStore store = new(home.Paths);

        store.List().ShouldBeEmpty();
        store.Sweep();

        File.Exists(path).ShouldBeTrue();
    }

    [Fact]
    public void Only_a_spare_that_stands_ready_in_the_same_shape_fits()
    {
        SpareRecord ready = Record() with { Status = SpareStatus.Ready };

        SpareHold.Fitting([ready, Record(), ready with { Shape = "other" }], "shape").ShouldBe([ready]);
    }

    [Fact]
    public void A_vm_without_template_or_with_bounds_on_the_host_takes_none()
    {
        VmSpec spec = TemporaryHome.Spec("any");

        SpareHold.MayUse(spec).ShouldBeTrue();
        SpareHold.MayUse(spec with { Template = false }).ShouldBeFalse();
        SpareHold.MayUse(spec with { HugePages = true }).ShouldBeFalse();
        SpareHold.MayUse(spec with { Limits = new VmLimits() }).ShouldBeFalse();
    }

    private static SpareRecord Record() => new()
    {
        Id = VmId.New(),
        Pool = s_pool,
        Shape = "shape",
        Status = SpareStatus.Starting,
        Supervisor = ProcessTable.Self,
        Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    /// <summary>Of a process that never was: nothing that lives started when the machine did.</summary>
    private static SpareRecord Dead() => Record() with { Supervisor = ProcessTable.Self with { StartTicks = 0 } };
}
