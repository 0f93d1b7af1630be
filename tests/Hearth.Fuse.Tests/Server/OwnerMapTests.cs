using Hearth.Fuse.Server;

namespace Hearth.Fuse.Tests.Server;

public sealed class OwnerMapTests
{
    [Fact]
    public void As_is_changes_nothing()
    {
        OwnerMap.AsIs.UserToGuest(1234).ShouldBe(1234u);
        OwnerMap.AsIs.TryUserToHost(77, out uint host).ShouldBeTrue();
        host.ShouldBe(77u);
    }

    [Fact]
    public void The_one_user_is_the_containers_and_all_others_are_nobody()
    {
        OwnerMap map = OwnerMap.Of((1001, 1002), (5, 6));

        map.UserToGuest(1001).ShouldBe(5u);
        map.UserToGuest(0).ShouldBe(65534u);
        map.GroupToGuest(1002).ShouldBe(6u);
        map.GroupToGuest(1001).ShouldBe(65534u);
        map.TryUserToHost(5, out uint host).ShouldBeTrue();
        host.ShouldBe(1001u);
        map.TryUserToHost(0, out _).ShouldBeFalse();
        map.TryGroupToHost(uint.MaxValue, out host).ShouldBeTrue();
        host.ShouldBe(uint.MaxValue);
    }
}
