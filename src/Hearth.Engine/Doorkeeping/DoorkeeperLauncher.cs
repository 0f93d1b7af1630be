using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Store;
using Hearth.Linux.Processes;
using Hearth.Linux.Sockets;
using Hearth.Networking.Ports;

namespace Hearth.Engine.Doorkeeping;

/// <summary>
/// Starts doorkeepers. The supervisor gives a new one the ports over a socket pair and keeps its end until it has written the VM's state: the
/// doorkeeper looks at that when the line ends, in whatever way, and ends itself when it is not named there.
/// </summary>
internal sealed class DoorkeeperLauncher : IDisposable
{
    /// <summary>It is one more start of this program, some 20 ms; on a busy machine a second.</summary>
    private const int AnswerMilliseconds = 20_000;

    private readonly Socket _line;

    private DoorkeeperLauncher(Socket line, ProcessIdentity identity)
    {
        _line = line;
        Identity = identity;
    }

    /// <summary>The doorkeeper, for the VM's state.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Starts one and returns when it has the ports. The caller's copies of them are its own to close.</summary>
    /// <exception cref="HearthException"><c>doorkeeper.failed</c>.</exception>
    public static async Task<DoorkeeperLauncher> StartAsync(HearthPaths paths, VmModel vm, IReadOnlyList<HeldPort> ports)
    {
        try
        {
            (Socket line, int pid) = await SpawnThread.RunAsync(() => Spawn(paths, vm));
            line.ReceiveTimeout = line.SendTimeout = AnswerMilliseconds;
            if (PortHandOver.TryGive(line, ports) && ProcessTable.Identify(pid) is { } identity)
            {
                return new DoorkeeperLauncher(line, identity);
            }

            line.Dispose(); // One that lives finds itself named nowhere.
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            throw Failed(vm, e.Message, e);
        }

        throw Failed(vm, "its process ended without a word", null);
    }

    public void Dispose() => _line.Dispose();

    /// <summary>On the thread that starts all children, so that none but this one inherits the line.</summary>
    private static (Socket Line, int Pid) Spawn(HearthPaths paths, VmModel vm)
    {
        using InheritedSocket pair = InheritedSocket.CreatePackets();
        ProcessStartInfo start = new(Environment.ProcessPath!, ["doorkeeper", vm.Id, "--line", pair.ChildFd.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment["HEARTH_HOME"] = paths.Home;
        start.Environment.Remove(Failpoint.Variable); // It is the VM's next supervisor's parent, not its test's.
        using Process process = Process.Start(start)!;
        return (pair.TakeLocal(), process.Id);
    }

    private static HearthException Failed(VmModel vm, string why, Exception? inner) => new(
        "doorkeeper.failed", $"The ports of VM {vm.Name} are closed while it is suspended: {why}", $"'hearth start {vm.Name}' wakes it.", inner: inner);
}
