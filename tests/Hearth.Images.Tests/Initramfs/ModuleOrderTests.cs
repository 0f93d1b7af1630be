using Hearth.Images.Initramfs;

namespace Hearth.Images.Tests.Initramfs;

public sealed class ModuleOrderTests
{
    [Fact]
    public void Dependencies_come_first_and_once() =>
        Resolve(["virtio_blk", "virtio_net"], ("virtio_blk", "virtio,virtio_ring"), ("virtio", "virtio_ring"), ("virtio_ring", ""), ("virtio_net", "net_failover,virtio"), ("net_failover", "failover"), ("failover", ""))
            .ShouldBe(["virtio_ring", "virtio", "virtio_blk", "failover", "net_failover", "virtio_net"]);

    [Fact]
    public void Modules_that_are_built_in_are_left_out() =>
        Resolve(["ext4", "overlay"], ("overlay", "exportfs")).ShouldBe(["overlay"]);

    [Fact]
    public void A_dash_and_an_underscore_are_the_same() =>
        Resolve(["virtio-rng"], ("virtio_rng", "virtio-core"), ("virtio_core", "")).ShouldBe(["virtio_core", "virtio_rng"]);

    [Fact]
    public void A_circle_is_refused_with_its_path() =>
        Should.Throw<InvalidDataException>(() => Resolve(["a"], ("a", "b"), ("b", "c"), ("c", "a")))
            .Message.ShouldBe("modules depend on each other in a circle: a -> b -> c -> a");

    [Theory]
    [InlineData("license=GPL\0depends=virtio,virtio_ring\0name=x\0", "virtio virtio_ring")]
    [InlineData("depends=\0", "")]
    [InlineData("license=GPL\0", "")]
    public void Dependencies_are_read_from_the_module_itself(string modinfo, string expected) =>
        string.Join(' ', ModuleOrder.ReadDependencies(ElfBuilder.Module(modinfo))).ShouldBe(expected);

    private static IReadOnlyList<string> Resolve(string[] wanted, params (string Name, string Depends)[] modules)
    {
        var known = modules.ToDictionary(static module => module.Name, static module => (IReadOnlyList<string>)module.Depends.Split(',', StringSplitOptions.RemoveEmptyEntries));
        return ModuleOrder.Resolve(wanted, known.GetValueOrDefault);
    }
}
