using System.Globalization;

namespace Hearth.Protocol.Shares;

/// <summary>
/// The virtio-serial ports that carry the messages of all shares of a VM, beside the link: file data in megabytes does not delay
/// an exec's answer, a message goes out with one write, and the pipe itself holds back whoever is too fast. A share has one queue
/// per port; an answer goes back on the port that its request came on.
/// </summary>
public static class SharePorts
{
    /// <summary>
    /// How many a VM has. Each costs the guest 4 MiB (the driver fills its queue, 1,024 pages, ahead), and with more than one a process' requests alternate between
    /// them, so that other threads wake on both sides for each.
    /// </summary>
    public const int Count = 1;

    /// <summary>The name of a port: <c>org.hearth.share.0</c>.</summary>
    public static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"org.hearth.share.{index}");
}
