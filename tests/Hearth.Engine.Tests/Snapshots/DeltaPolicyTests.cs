using Hearth.Engine.Snapshots;

namespace Hearth.Engine.Tests.Snapshots;

public sealed class DeltaPolicyTests
{
    private const long Mib = 1 << 20;

    [Theory]
    [InlineData(0, 100, 1000, false)]
    [InlineData(6, 100, 0, false)]
    [InlineData(6, 100, 1, false)]
    [InlineData(6, 100, 17, false)]
    [InlineData(6, 100, 18, true)]
    [InlineData(32, 100, 4, false)]
    [InlineData(32, 100, 5, true)]
    [InlineData(33, 100, 0, true)]
    public void Pages_are_composed_when_they_are_many_or_would_be_held_many_times(long deltaMib, long baseMib, int copies, bool isComposed) =>
        DeltaPolicy.IsComposed(deltaMib * Mib, baseMib * Mib, copies).ShouldBe(isComposed);
}
