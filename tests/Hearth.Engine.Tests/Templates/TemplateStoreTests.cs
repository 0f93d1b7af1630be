using Hearth.Core.Errors;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Templates;
using Hearth.Engine.Tests.Snapshots;
using Hearth.Linux.Files;

namespace Hearth.Engine.Tests.Templates;

public sealed class TemplateStoreTests : IDisposable
{
    private static readonly DateTime s_noon = new(2026, 1, 2, 12, 0, 0, DateTimeKind.Utc);

    private readonly TemporaryHome _home = new();
    private readonly TemplateStore _store;

    public TemplateStoreTests() => _store = new TemplateStore(_home.Paths);

    [Fact]
    public void The_last_used_comes_first()
    {
        Make(1, hour: 2);
        Make(2, hour: 3);
        Make(3, hour: 1);

        Keys().ShouldBe([Frozen.KeyOf(2), Frozen.KeyOf(1), Frozen.KeyOf(3)]);
        _store.List()[0].LastUsed.ShouldBe(new DateTimeOffset(s_noon.AddHours(3), TimeSpan.Zero));
    }

    [Fact]
    public void A_use_moves_a_template_to_the_front()
    {
        FrozenState first = Make(1, hour: 1);
        Make(2, hour: 2);

        TemplateStore.Touch(first, new DateTimeOffset(s_noon.AddHours(3), TimeSpan.Zero));

        Keys().ShouldBe([Frozen.KeyOf(1), Frozen.KeyOf(2)]);
        _store.Open(Frozen.KeyOf(1)).ShouldNotBeNull("a use must not look like a change");
    }

    [Fact]
    public void A_use_of_one_that_was_removed_is_no_error()
    {
        FrozenState state = Make(1, hour: 1);
        _store.Remove(Frozen.KeyOf(1)).ShouldBeTrue();

        TemplateStore.Touch(state, DateTimeOffset.UnixEpoch);

        _store.Remove(Frozen.KeyOf(1)).ShouldBeFalse();
        Directory.EnumerateFileSystemEntries(_home.Paths.Staging).ShouldBeEmpty();
    }

    [Fact]
    public void The_least_recently_used_go_until_the_rest_fits()
    {
        Make(1, hour: 1, kilobytes: 400);
        Make(2, hour: 2, kilobytes: 400);
        Make(3, hour: 3, kilobytes: 400);

        _store.Evict(900 << 10).Select(static entry => entry.Key).ShouldBe([Frozen.KeyOf(1)]);

        Keys().ShouldBe([Frozen.KeyOf(3), Frozen.KeyOf(2)]);
        _store.Evict(900 << 10).ShouldBeEmpty();
    }

    [Fact]
    public void A_large_one_does_not_push_out_smaller_ones_that_fit()
    {
        Make(1, hour: 1, kilobytes: 100);
        Make(2, hour: 2, kilobytes: 2000);
        Make(3, hour: 3, kilobytes: 100);

        _store.Evict(900 << 10);

        Keys().ShouldBe([Frozen.KeyOf(3), Frozen.KeyOf(1)]);
    }

    [Fact]
    public void The_one_to_keep_stays_and_counts()
    {
        Make(1, hour: 1, kilobytes: 400);
        Make(2, hour: 2, kilobytes: 400);

        _store.Evict(500 << 10, keep: Frozen.KeyOf(1));
        Keys().ShouldBe([Frozen.KeyOf(1)]);

        _store.Evict(0, keep: Frozen.KeyOf(1));
        Keys().ShouldBe([Frozen.KeyOf(1)]);
    }

    [Fact]
    public void What_uses_a_template_keeps_its_bytes_when_it_is_evicted()
    {
        FrozenState state = Make(1, hour: 1, kilobytes: 400);
        string used = Path.Combine(_home.Paths.Home, "memory-of-a-vm");
        HardLink.Create(state.MemoryPath, used);

        _store.Evict(0).Count.ShouldBe(1);

        File.ReadAllBytes(used).ShouldAllBe(static b => b == 7);
        new FileInfo(used).Length.ShouldBe(400 << 10);
    }

    [Fact]
    public void A_changed_memory_is_refused_and_the_template_removed()
    {
        FrozenState state = Make(1, hour: 1);
        File.AppendAllText(state.MemoryPath, "x");
        File.SetLastWriteTimeUtc(state.MemoryPath, s_noon);

        Should.Throw<HearthException>(state.RequireUnchanged).Code.ShouldBe("snapshot.changed");
        _store.Open(Frozen.KeyOf(1)).ShouldBeNull();
        Directory.Exists(state.Directory).ShouldBeFalse();
    }

    [Fact]
    public void A_template_without_its_memory_is_removed()
    {
        FrozenState state = Make(1, hour: 1);
        File.Delete(state.MemoryPath);

        _store.Open(Frozen.KeyOf(1)).ShouldBeNull();
        Directory.Exists(state.Directory).ShouldBeFalse();
    }

    [Fact]
    public void A_newer_or_unreadable_manifest_does_not_hide_the_others()
    {
        Make(1, hour: 1);
        FrozenState newer = Make(2, hour: 2, change: static manifest => manifest with { Version = FrozenManifest.CurrentVersion + 1 });
        FrozenState garbage = Make(3, hour: 3);
        File.WriteAllText(Path.Combine(garbage.Directory, FrozenState.ManifestFile), "{");

        Keys().ShouldBe([Frozen.KeyOf(1)]);
        Directory.Exists(newer.Directory).ShouldBeFalse("a template is made again");
        Directory.Exists(garbage.Directory).ShouldBeFalse();
    }

    [Fact]
    public void The_name_in_a_manifest_leads_nowhere()
    {
        Make(1, hour: 1, change: static manifest => manifest with { Name = "../vms" });

        _store.Evict(0).Select(static entry => entry.Key).ShouldBe([Frozen.KeyOf(1)]);

        Directory.Exists(_home.Paths.Vms).ShouldBeTrue();
        Keys().ShouldBeEmpty();
    }

    [Fact]
    public void Templates_of_something_that_is_gone_are_removed_alone()
    {
        Make(1, hour: 1);
        Make(2, hour: 2, change: static manifest => manifest with { Kernel = new string('e', 64) });

        _store.RemoveWhere(static manifest => manifest.Kernel == new string('e', 64)).Select(static entry => entry.Key).ShouldBe([Frozen.KeyOf(2)]);

        Keys().ShouldBe([Frozen.KeyOf(1)]);
    }

    [Theory]
    [InlineData("a", "template.ambiguous")]
    [InlineData("a1", "1")]
    [InlineData("b", "3")]
    [InlineData("@busybox", "1 2")]
    [InlineData("@busybox:latest", "1 2")]
    [InlineData("sha256:aaaa", "1 2 3")]
    [InlineData("alpine", "3")]
    [InlineData("alpine:latest", "3")]
    [InlineData("alpine:3", "template.not-found")]
    [InlineData("c", "template.not-found")]
    [InlineData("", "template.not-found")]
    public void A_template_is_found_by_the_beginning_of_its_key_or_by_its_image(string word, string expected)
    {
        Frozen.Make(Path.Combine(_home.Paths.Templates, "a1" + new string('0', 30)), 1, s_noon.AddHours(3));
        Frozen.Make(Path.Combine(_home.Paths.Templates, "a2" + new string('0', 30)), 1, s_noon.AddHours(2));
        Frozen.Make(Path.Combine(_home.Paths.Templates, "b3" + new string('0', 30)), 1, s_noon.AddHours(1), static manifest => manifest with { Image = "alpine" });

        string found;
        try
        {
            found = string.Join(' ', TemplateStore.Find(word, _store.List()).Select(static entry => entry.Key[1]));
        }
        catch (HearthException e)
        {
            found = e.Code;
        }

        found.ShouldBe(expected);
    }

    [Theory]
    [InlineData(null, TemplateBudget.DefaultBytes)]
    [InlineData("", TemplateBudget.DefaultBytes)]
    [InlineData("500M", 500L << 20)]
    [InlineData("0", 0)]
    public void The_budget_is_a_size(string? text, long expected) => TemplateBudget.Read(_ => text).ShouldBe(expected);

    [Fact]
    public void A_budget_that_is_no_size_is_refused()
    {
        HearthException refused = Should.Throw<HearthException>(() => TemplateBudget.Read(static _ => "much"));

        refused.Code.ShouldBe("template.budget");
        refused.Message.ShouldBe("HEARTH_TEMPLATE_BUDGET=much: not a size.");
    }

    public void Dispose() => _home.Dispose();

    private string[] Keys() => [.. _store.List().Select(static entry => entry.Key)];

    private FrozenState Make(int number, int hour, int kilobytes = 1, Func<FrozenManifest, FrozenManifest>? change = null) =>
        Frozen.Make(Path.Combine(_home.Paths.Templates, Frozen.KeyOf(number)), kilobytes, s_noon.AddHours(hour), change);
}
