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

    public static Stream Open() => new SerialPortStream(Descriptors.OpenReadWrite(Find(AgentPorts.SerialPortName)));

    /// <summary>The device of a port; waits until the driver knows it.</summary>
    /// <param name="port">Its name.</param>
    public static string Find(string port)
    {
        using DeviceEvents events = new();
        return $"/dev/{events.WaitFor(() => Look(port), $"The virtio-serial port '{port}'", s_bound)}";
    }

    private static string? Look(string wanted)
    {
        if (!Directory.Exists(Ports))
        {
            return null;
        }

        foreach (string port in Directory.GetDirectories(Ports))
        {
            string name = $"{port}/name";
            if (File.Exists(name) && File.ReadAllText(name).Trim() == wanted)
            {
                return Path.GetFileName(port);
            }
        }

        return null;
    }
}
