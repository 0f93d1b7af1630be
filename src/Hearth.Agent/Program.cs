using Hearth.Agent.Boot;

namespace Hearth.Agent;

/// <summary>PID 1 of the guest.</summary>
internal static class Program
{
    public static int Main()
    {
        try
        {
            return AgentMain.Run();
        }
#pragma warning disable CA1031 // The program's root: said on the console, where the host looks when the agent never answers.
        catch (Exception e)
#pragma warning restore CA1031
        {
            GuestConsole.Say($"hearth-agent: fatal: {e}");
            return PowerSwitch.Off();
        }
    }
}
