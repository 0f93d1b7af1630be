using Hearth.Core.Errors;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Idle;
using Hearth.Engine.Pools;
using Hearth.Engine.Store;

namespace Hearth.Cli.Run;

/// <summary>
/// A VM that a run makes and starts. One that was only made, because the run was interrupted or killed before the container ran, is not kept
/// (<see cref="FirstStart"/>); one whose start failed is, as it says why.
/// </summary>
internal sealed class FirstRun(CliContext context) : IDisposable
{
    private FirstStart? _mark;

    /// <summary>Marks the VM that is being made; again when its name was taken and it is made anew.</summary>
    /// <param name="unseen">Nobody sees its directory yet.</param>
    public void Mark(VmModel unseen)
    {
        _mark?.Dispose();
        _mark = FirstStart.Mark(unseen);
    }

    /// <summary>Starts the VM.</summary>
    /// <param name="vm">What was made.</param>
    /// <param name="spare">The guest that was taken for it; it has the VM's lock.</param>
    /// <param name="start">Returns the command's exit code.</param>
    public async Task<int> StartAsync(VmModel vm, SpareHold? spare, Func<Task<int>> start)
    {
        bool isInterrupted = false;
        try
        {
            Failpoint.Arm(context.Variable(Failpoint.Variable));
            await Failpoint.ReachAsync(ChainSteps.RunMade);
            return await start();
        }
        catch (OperationCanceledException)
        {
            isInterrupted = true;
            throw;
        }
        finally
        {
            if (isInterrupted)
            {
                await DiscardAsync(vm, spare);
            }
            else
            {
                FirstStart.Done(vm);
            }
        }
    }

    public void Dispose() => _mark?.Dispose();

    /// <summary>Lets go, and has it removed by the reading of it, as by any other command's. A supervisor has seen its life line end.</summary>
    private async Task DiscardAsync(VmModel vm, SpareHold? spare)
    {
        await (spare?.DisposeAsync() ?? ValueTask.CompletedTask);
        if (Directory.Exists(vm.Directory))
        {
            await VmWaker.WaitForPredecessorAsync(vm, CancellationToken.None);
        }

        Dispose();
        try
        {
            new VmStore(context.Paths).Reload(vm);
        }
        catch (HearthException)
        {
            // It is gone.
        }
    }
}
