using System.Text;
using Hearth.Linux.Files;

namespace Hearth.Agent.Boot;

/// <summary>The machine's console: the host keeps its tail and shows it when the agent never answers.</summary>
internal static class GuestConsole
{
    public static void Say(string line)
    {
        try
        {
            using DescriptorStream console = new(Descriptors.OpenReadWrite("/dev/console"));
            console.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (IOException)
        {
            // There is no console; nobody can be told.
        }
    }
}
