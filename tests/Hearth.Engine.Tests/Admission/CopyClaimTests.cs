using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Admission;

namespace Hearth.Engine.Tests.Admission;

public sealed class CopyClaimTests
{
    private const long Gigabyte = 1L << 30;

    [Fact]
    public void Copies_that_do_not_fit_are_refused_with_both_numbers_and_how_many_would()
    {
        HearthException refused = Should.Throw<HearthException>(static () => CopyClaim.Require("VM web", 200, 4 * Gigabyte, 0));

        refused.Code.ShouldBe("memory.copies");
        refused.Message.ShouldBe("200 copies of VM web need 12.5GiB of memory (64MiB each); the host has 4GiB to give.");
        refused.Hint.ShouldBe("Make 64 or fewer (-n), or release some memory: 'hearth suspend VM' keeps a VM on disk.");
        CopyClaim.Require("VM web", 64, 4 * Gigabyte, 0);
    }

    [Fact]
    public void What_others_have_claimed_counts_as_taken()
    {
        HearthException refused = Should.Throw<HearthException>(static () => CopyClaim.Require("snapshot s", 1, Gigabyte, Gigabyte));

        refused.Message.ShouldBe("A copy of snapshot s needs 64MiB of memory (64MiB each); the host has 1GiB to give, 1GiB of it promised to copies that are being made.");
        refused.Hint.ShouldBe("Release some memory: 'hearth suspend VM' keeps a VM on disk.");
    }

    [Fact]
    public async Task Claims_add_up_and_end_with_the_copies_that_run_and_with_their_command()
    {
        using TemporaryHome home = new();
        CopyClaim first = await TakeAsync(home, 3);
        await RefusedAsync(home, 2);
        using CopyClaim second = await TakeAsync(home, 1);
        await RefusedAsync(home, 1);

        first.ReleaseOne();
        await RefusedAsync(home, 2);
        using CopyClaim third = await TakeAsync(home, 1);
        first.Dispose();
        first.ReleaseOne();
        using CopyClaim fourth = await TakeAsync(home, 2);
    }

    [Fact]
    public async Task Of_many_at_once_only_as_many_as_fit_are_admitted()
    {
        using TemporaryHome home = new();
        CopyClaim?[] claims = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
        {
            try
            {
                return await TakeAsync(home, 1);
            }
            catch (HearthException e) when (e.Code == "memory.copies")
            {
                return null;
            }
        })));

        claims.Count(static claim => claim is not null).ShouldBe(4);
        Array.ForEach(claims, static claim => claim?.Dispose());
        Directory.GetDirectories(home.Paths.Staging).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_command_that_was_killed_claims_nothing()
    {
        using TemporaryHome home = new();
        string left = Path.Combine(home.Paths.Staging, "memory-dead");
        Directory.CreateDirectory(left);
        await File.WriteAllTextAsync(Path.Combine(left, "bytes"), "1000000000000");

        using CopyClaim claim = await TakeAsync(home, 4);

        Directory.Exists(left).ShouldBeFalse();
    }

    [Fact]
    public void A_start_is_refused_only_where_not_even_the_engine_would_have_room()
    {
        FreeMemory.RequireStart("VM web", VmLimits.HeapBytes);
        HearthException refused = Should.Throw<HearthException>(static () => FreeMemory.RequireStart("VM web", VmLimits.HeapBytes - (1 << 20)));

        refused.Code.ShouldBe("memory.start");
        refused.Message.ShouldBe("VM web cannot be started: that takes 64MiB of memory before the guest has any; the host has 63MiB to give, swap included.");
    }

    [Fact]
    public void A_size_that_stands_for_the_host_has_to_be_one()
    {
        FreeMemory.AvailableBytes(static _ => "300M").ShouldBe(300 << 20);
        FreeMemory.AvailableBytes(static _ => null).ShouldBeGreaterThan(0);
        HearthException refused = Should.Throw<HearthException>(static () => FreeMemory.AvailableBytes(static _ => "much"));
        refused.Message.ShouldBe("HEARTH_AVAILABLE_MEMORY=much: not a size.");
    }

    /// <summary>On a host with room for four copies.</summary>
    private static Task<CopyClaim> TakeAsync(TemporaryHome home, int copies) =>
        CopyClaim.TakeAsync(home.Paths, "VM web", copies, static () => (4 * VmLimits.CopyBytes) + 1000, CancellationToken.None);

    private static async Task RefusedAsync(TemporaryHome home, int copies) =>
        (await Should.ThrowAsync<HearthException>(() => TakeAsync(home, copies))).Code.ShouldBe("memory.copies");
}
