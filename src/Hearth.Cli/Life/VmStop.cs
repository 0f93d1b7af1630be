using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Engine.Copying;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary>Ends VMs and waits until nothing of them runs.</summary>
internal static class VmStop
{
    /// <summary>Stops an active VM, also one that suspended itself; a stopped one is left alone, but for its removal when it is being copied. Returns when its supervisor has gone, so that it can be started at once.</summary>
    public static async Task StopAsync(CliContext context, VmModel vm, StopRequest request)
    {
        await using AwakeVm? awake = request.Discard ? null : await AwakeVm.OpenAsync(context.Paths, vm, context.Cancellation);
        vm = awake?.Vm ?? vm;
        if (!vm.IsActive && !(request.Discard && CopyMark.IsHeld(vm)))
        {
            return;
        }

        try
        {
            await EndAsync(context, vm, request);
        }
        catch (HearthException e) when (e.Code == "vm.not-running")
        {
            // It ended by itself meanwhile, which is what was wanted.
            await WaitGoneAsync(vm, context.Cancellation);
        }
    }

    /// <summary>Sends a request that ends the VM, and returns when its supervisor has gone.</summary>
    public static async Task EndAsync(CliContext context, VmModel vm, ControlRequest request)
    {
        await ControlConnection.CallAsync(vm, request, context.Cancellation);
        await WaitGoneAsync(vm, context.Cancellation);
    }

    /// <summary>A supervisor holds its VM's lock until it has let go of everything, a little longer than it answers clients.</summary>
    private static async Task WaitGoneAsync(VmModel vm, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(vm.Directory))
        {
            return; // Removed with its VM (--rm); the lock must not bring the directory back.
        }

        using FileLock held = await FileLock.AcquireAsync(vm.SupervisorLock, FileLockMode.Shared, cancellationToken);
    }
}
