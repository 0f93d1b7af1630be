namespace Hearth.Protocol.Shares;

public enum ShareFrameKind
{
    /// <summary>A message of the guest's kernel, or an answer to one, as it is (linux/fuse.h).</summary>
    Fuse = 1,

    /// <summary>Guest, before the first message: the container's user and group, <c>u32</c> each. Files of the share's owner are shown as theirs.</summary>
    Owner = 2,

    /// <summary>Host, on the first port: a message that the guest's kernel did not ask for (linux/fuse.h, enum fuse_notify_code).</summary>
    Notice = 3,

    /// <summary>Guest, on the first port: the kernel has taken one more notice. Empty.</summary>
    NoticeTaken = 4,

    /// <summary>Guest: nothing is under way on this port, and nothing comes until it is let go on. Empty.</summary>
    Still = 5,
}
