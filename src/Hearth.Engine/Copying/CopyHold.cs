using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Copying;

/// <summary>A client's hold on the guest that serves copies of a VM that does not run.</summary>
public sealed class CopyHold : IAsyncDisposable
{
    internal const string Ending = "copy.ending";

    /// <summary>A guest takes less than a second to write out what was copied; a slow disk takes long.</summary>
    private static readonly TimeSpan s_disposeBound = TimeSpan.FromSeconds(40);

    private readonly ControlConnection _connection;
    private readonly string _vm;
    private bool _released;

    private CopyHold(ControlConnection connection, string vm)
    {
        _connection = connection;
        _vm = vm;
    }

    /// <summary>Sees to it that the VM's files can be copied: joins the guest that serves copies, or starts it.</summary>
    /// <returns>Null when the VM runs, and its own supervisor serves copies.</returns>
    /// <exception cref="HearthException"><c>vm.not-found</c>, <c>vm.suspended</c>, <c>vm.frozen</c>, or why the guest did not come up.</exception>
    public static async Task<CopyHold?> OpenAsync(HearthPaths paths, VmModel vm, CancellationToken cancellationToken)
    {
        if (vm.IsActive)
        {
            return null;
        }

        // Whoever holds this looks for the guest and starts it when there is none; the next one finds it.
        VmStore store = HearthHome.Open(paths).Vms;
        using FileLock turn = await FileLock.AcquireAsync(Path.Combine(vm.Directory, "copy.lock"), cancellationToken);
        while (true)
        {
            VmModel now = store.Reload(vm);
            if (now.IsActive)
            {
                return null;
            }

            CopyRules.Require(now);
            if (await TryJoinAsync(now, cancellationToken) is { } joined)
            {
                return joined;
            }

            await VmWaker.WaitForPredecessorAsync(now, cancellationToken);
            using SupervisorLifeline? lifeline = await SupervisorLauncher.TryStartCopyAsync(paths, now, cancellationToken);
            if (lifeline is not null)
            {
                // The life line speaks after the hold has been taken: there is somebody at every moment.
                CopyHold started = await HoldAsync(now, cancellationToken);
                lifeline.Detach();
                return started;
            }
        }
    }

    /// <summary>Waits, where a guest serves copies of the VM, until it has ended.</summary>
    /// <param name="vm">What is to be started or changed.</param>
    /// <param name="waiting">Called when there is something to wait for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task WaitForEndAsync(VmModel vm, Action waiting, CancellationToken cancellationToken)
    {
        if (CopyMark.IsHeld(vm))
        {
            waiting();
            using FileLock free = await FileLock.AcquireAsync(vm.SupervisorLock, FileLockMode.Shared, cancellationToken);
        }
    }

    /// <summary>Lets go. When nobody else holds the guest, returns when its disk is written and the VM is free.</summary>
    /// <exception cref="HearthException"><c>copy.unclean</c>.</exception>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        _released = true;
        Frame? answer;
        try
        {
            await _connection.Writer.WriteAsync(FrameType.StdinEof, default, cancellationToken);
            answer = await _connection.Reader.ReadAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw Unclean(_vm, e);
        }

        if (answer is not { Type: FrameType.Reply or FrameType.Exit })
        {
            throw answer is { Type: FrameType.Error } error ? ControlConnection.ToException(error.Payload) : Unclean(_vm, null);
        }
    }

    internal static HearthException Unclean(string vm, Exception? inner) => new(
        "copy.unclean", $"The guest that copied for VM {vm} did not end as it should: the last files may be missing.", "Copy again, and look at what is there.", 1, inner);

    /// <summary>Lets go after a failure, of which the user is told: what fails here is nothing new.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_released)
            {
                using CancellationTokenSource bound = new(s_disposeBound);
                await ReleaseAsync(bound.Token);
            }
        }
        catch (Exception e) when (e is HearthException or IOException or InvalidDataException or OperationCanceledException)
        {
            // See above.
        }

        await _connection.DisposeAsync();
    }

    /// <summary>Null when nobody listens, or who listens is about to end.</summary>
    private static async Task<CopyHold?> TryJoinAsync(VmModel vm, CancellationToken cancellationToken)
    {
        if (!File.Exists(vm.ControlSocket))
        {
            return null;
        }

        try
        {
            return await HoldAsync(vm, cancellationToken);
        }
        catch (HearthException e) when (e.Code is Ending or "vm.not-running")
        {
            return null;
        }
    }

    private static async Task<CopyHold> HoldAsync(VmModel vm, CancellationToken cancellationToken)
    {
        ControlConnection connection = await ControlConnection.ConnectAsync(vm, new HoldCopyRequest(), cancellationToken);
        try
        {
            return await connection.Reader.ReadAsync(cancellationToken) switch
            {
                { Type: FrameType.Reply } => new CopyHold(connection, vm.Name),
                { Type: FrameType.Error } error => throw ControlConnection.ToException(error.Payload),
                _ => throw new HearthException("vm.not-running", $"VM {vm.Name} is not running.", $"Start it with 'hearth start {vm.Name}'.", 1),
            };
        }
        catch (IOException e)
        {
            await connection.DisposeAsync();
            throw new HearthException("supervisor.died", $"What copies for VM {vm.Name} ended before it was ready.", "Try again; 'hearth doctor' checks the host.", inner: e);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
