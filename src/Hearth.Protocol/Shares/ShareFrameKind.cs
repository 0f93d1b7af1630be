namespace Hearth.Protocol.Shares;

public enum ShareFrameKind
{
    /// <summary>A message of the guest's kernel, or an answer to one, as it is (linux/fuse.h).</summary>
    Fuse = 1,

    /// <summary>Guest, before the first message: the container's user and group, <c>u32</c> each. Files of the share's owner are shown as theirs.</summary>
    Owner = 2,
}
