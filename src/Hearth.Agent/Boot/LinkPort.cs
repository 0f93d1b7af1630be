using Hearth.Linux.Files;
using Hearth.Linux.Guest;
using Hearth.Protocol.Agent;

namespace Hearth.Agent.Boot;

/// <summary>The virtio-serial port to the host, found by its name.</summary>
internal static class LinkPort
{
    private const string Ports = "/sys/class/virtio-ports";

    /// <summary>The driver asks the host for the port's name after it has loaded, which takes a few messages.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    public static Stream Open()
    {
        using DeviceEvents events = new();
        string name = events.WaitFor(Find, $"The virtio-serial port '{AgentPorts.SerialPortName}'", s_bound);
        return new SerialPortStream(Descriptors.OpenReadWrite($"/dev/{name}"));
    }

    private static string? Find()
    {
        if (!Directory.Exists(Ports))
        {
            return null;
        }

        foreach (string port in Directory.GetDirectories(Ports))
        {
            string name = $"{port}/name";
            if (File.Exists(name) && File.ReadAllText(name).Trim() == AgentPorts.SerialPortName)
            {
                return Path.GetFileName(port);
            }
        }

        return null;
    }
}
