using System.Globalization;

namespace Hearth.Protocol.Shares;

/// <summary>
/// The virtio-serial ports that carry the messages of all shares of a VM, beside the link: file data in megabytes does not delay
/// an exec's answer, a message goes out with one write, and the pipe itself holds back whoever is too fast. A share has one queue
/// per port; an answer goes back on the port that its request came on.
/// </summary>
public static class SharePorts
{
    /// <summary>How many a VM has.</summary>
    public const int Count = 2;

    /// <summary>The name of a port: <c>org.hearth.share.0</c>.</summary>
    public static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"org.hearth.share.{index}");
}
