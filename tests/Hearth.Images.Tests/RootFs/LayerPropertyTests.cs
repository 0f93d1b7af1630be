using FsCheck;
using FsCheck.Fluent;

namespace Hearth.Images.Tests.RootFs;

public sealed class LayerPropertyTests
{
    [Fact]
    public void Layers_flattened_from_the_top_are_what_layers_applied_from_the_bottom_give()
    {
        Arbitrary<List<int[]>> stacks = Gen.Choose(0, 0xffff).ArrayOf().ListOf()
            .Where(layers => layers.Count is > 0 and < 6).Select(layers => layers.ToList()).ToArbitrary();

        Prop.ForAll(stacks, layers =>
        {
            var stack = new LayerStack();
            foreach (int[] layer in layers)
            {
                stack.Add(layer);
            }

            FlatTree.Of([.. stack.Layers]).ShouldBe(stack.Model);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }
}
