using Hearth.Agent.Containers;

namespace Hearth.Agent.Tests.Containers;

public sealed class ContainerCgroupTests
{
    private const long Mebibyte = 1 << 20;

    [Theory]
    [InlineData(40, 35)]
    [InlineData(176, 160)]
    [InlineData(448, 432)]
    [InlineData(8192, 7936)]
    public void A_container_may_have_what_is_available_less_a_reserve(long availableMebibytes, long limitMebibytes) =>
        ContainerCgroup.MemoryLimit(availableMebibytes * Mebibyte).ShouldBe(limitMebibytes * Mebibyte);
}
