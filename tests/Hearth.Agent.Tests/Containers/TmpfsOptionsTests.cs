using Hearth.Agent.Containers;
using Hearth.Linux.ChildPrograms;

namespace Hearth.Agent.Tests.Containers;

public sealed class TmpfsOptionsTests
{
    private const MountFlags Default = MountFlags.NoSetUserId | MountFlags.NoDevices | MountFlags.NoExecute;

    [Fact]
    public void Nothing_asked_is_dockers_default() => TmpfsOptions.Parse("").ShouldBe((Default, ""));

    [Fact]
    public void Words_of_mount_become_flags_and_the_rest_is_for_tmpfs() =>
        TmpfsOptions.Parse("rw,exec,size=64m,mode=1777,ro").ShouldBe((MountFlags.NoSetUserId | MountFlags.NoDevices | MountFlags.ReadOnly, "size=64m,mode=1777"));
}
