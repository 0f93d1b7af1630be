using Hearth.Agent.Containers;

namespace Hearth.Agent.Tests.Containers;

public sealed class ContainerCgroupTests
{
    private const long Mebibyte = 1 << 20;

    [Theory]
    [InlineData(40, 0, 35)]
    [InlineData(49, 9, 35)]
    [InlineData(176, 0, 160)]
    [InlineData(457, 9, 432)]
    [InlineData(8192, 0, 7936)]
    [InlineData(8, 9, 0)]
    public void A_container_may_have_what_is_available_without_slabs_and_a_reserve(long availableMebibytes, long slabMebibytes, long limitMebibytes) =>
        ContainerCgroup.MemoryLimit(availableMebibytes * Mebibyte, slabMebibytes * Mebibyte).ShouldBe(limitMebibytes * Mebibyte);
}
