using Hearth.Agent.Containers;
using Hearth.Core.Errors;

namespace Hearth.Agent.Tests.Containers;

public sealed class CapabilitySetTests
{
    [Fact]
    public void The_default_is_the_mask_that_docker_shows_in_proc_status() => CapabilitySet.Default.Bits.ShouldBe(0xa80425fbUL);

    [Fact]
    public void Adding_and_dropping_take_names_with_and_without_the_prefix() =>
        CapabilitySet.Resolve(["net_admin", "CAP_SYS_TIME"], ["CAP_CHOWN"], privileged: false).Bits
            .ShouldBe((0xa80425fbUL & ~1UL) | (1UL << 12) | (1UL << 25));

    [Fact]
    public void Dropping_all_and_adding_one_leaves_one() =>
        CapabilitySet.Resolve(["NET_BIND_SERVICE"], ["ALL"], privileged: false).Bits.ShouldBe(1UL << 10);

    [Fact]
    public void Adding_all_and_dropping_one_leaves_the_rest() =>
        CapabilitySet.Resolve(["ALL"], ["SYS_ADMIN"], privileged: false).Bits.ShouldBe(CapabilitySet.All.Bits & ~(1UL << 21));

    [Fact]
    public void Privileged_is_everything_whatever_was_dropped() =>
        CapabilitySet.Resolve([], ["ALL"], privileged: true).ShouldBe(CapabilitySet.All);

    [Fact]
    public void An_unknown_name_is_refused_by_name() =>
        Should.Throw<HearthException>(() => CapabilitySet.Resolve(["FLY"], [], privileged: false)).Message.ShouldBe("There is no capability 'FLY'.");
}
