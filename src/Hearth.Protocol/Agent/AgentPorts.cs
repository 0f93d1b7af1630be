namespace Hearth.Protocol.Agent;

/// <summary>Ports of the link.</summary>
public static class AgentPorts
{
    /// <summary>Guest: one <see cref="AgentRequest"/> per stream.</summary>
    public const uint Service = 1;

    /// <summary>Host: the agent opens one stream at start and sends Event frames, the first an <see cref="AgentReady"/>.</summary>
    public const uint Events = 2;

    /// <summary>The virtio-serial port's name: /dev/virtio-ports/… and /sys/class/virtio-ports/*/name.</summary>
    public const string SerialPortName = "org.hearth.link";
}
