namespace Hearth.Fuse.Watch;

/// <summary>Takes what a guest's kernel is told unasked.</summary>
public interface IGuestKernel
{
    /// <summary>Has a message written to the connection's device. May wait while the guest is busy with others; not on a thread that answers requests.</summary>
    /// <param name="message">A notification (linux/fuse.h, enum fuse_notify_code), as the kernel reads it.</param>
    void Tell(ReadOnlySpan<byte> message);
}
