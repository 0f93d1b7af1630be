using Hearth.Agent.Boot;
using Hearth.Linux.Guest;

namespace Hearth.Agent.Containers;

/// <summary>
/// TCP connections to the outside that a saved state still has: their peers are gone or talk to the original. They are ended after
/// a restore, before the guest has an address of its own, so that the resets reach nobody. A guest without sockets pays for a look
/// into two files of /proc, one in which no container was started yet for nothing: the agent has no sockets.
/// </summary>
internal static class StaleConnections
{
    /// <summary>What the kernel needs to tell of sockets; built in where there is no file.</summary>
    private static readonly string[] s_modules = ["inet_diag", "tcp_diag"];

    /// <summary>A kernel that cannot end connections is no reason to fail a restore: it says so on the console.</summary>
    public static void End()
    {
        try
        {
            if (!SocketDiag.HasConnections())
            {
                return;
            }

            foreach (string module in s_modules.Select(static name => $"{GuestPaths.Modules}/{name}.ko").Where(File.Exists))
            {
                GuestKernel.LoadModule(module);
            }

            int ended = SocketDiag.DestroyForeign([]);
            if (ended > 0)
            {
                GuestConsole.Say($"hearth-agent: ended {ended} TCP connection{(ended == 1 ? "" : "s")} from before the restore.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            GuestConsole.Say($"hearth-agent: TCP connections from before the restore stay until they time out: {e.Message}");
        }
    }
}
