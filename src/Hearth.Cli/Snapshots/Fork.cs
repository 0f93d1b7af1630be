using Hearth.Cli.Life;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Admission;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;

namespace Hearth.Cli.Snapshots;

/// <summary>
/// One freeze, all copies of it made, then all started at once. A copy that does not come to run, because it failed or because this
/// command was interrupted or killed, is not kept (<see cref="FirstStart"/>), unless its supervisor has something to say of the failure.
/// </summary>
internal sealed class Fork(CliContext context, VmModel source, CloneCreation creation)
{
    /// <summary>What was made is printed; a copy that fails makes the exit code 1.</summary>
    /// <param name="names">Of the copies; nulls are made up.</param>
    public async Task<int> RunAsync(IReadOnlyList<string?> names)
    {
        Failpoint.Arm(context.Variable(Failpoint.Variable));
        using CopyClaim claim = await CopyClaim.TakeAsync(context.Paths, $"VM {source.Name}", names.Count, () => FreeMemory.AvailableBytes(context.Variable), context.Cancellation);
        List<Copy> copies = [];
        try
        {
            await MakeAsync(names, copies);
            await Failpoint.ReachAsync(ChainSteps.ForkMade);
            return Report(copies, await Task.WhenAll(copies.Select(copy => TryStartAsync(copy, claim))));
        }
        finally
        {
            copies.ForEach(Settle);
        }
    }

    private async Task MakeAsync(IReadOnlyList<string?> names, List<Copy> copies)
    {
        using Freezing frozen = await Freezing.TakeAsync(context, source, $"fork-of-{source.Name}", stop: false, diskOnly: false, names.Count);
        foreach (string? name in names)
        {
            copies.Add(Make(creation with { Name = name }, frozen));
        }
    }

    private Copy Make(CloneCreation named, Freezing frozen)
    {
        FirstStart? start = null;
        try
        {
            VmModel vm = named.Create(context, frozen.State, unseen =>
            {
                start?.Dispose();
                start = FirstStart.Mark(unseen);
            });
            return new Copy(vm, start!);
        }
        catch
        {
            start?.Dispose();
            throw;
        }
    }

    /// <returns>Why it did not start, or that this command was interrupted; null when it runs.</returns>
    private async Task<Exception?> TryStartAsync(Copy copy, CopyClaim claim)
    {
        try
        {
            await VmStart.DetachedAsync(context, copy.Vm);
            copy.Keep();
            return null;
        }
        catch (HearthException e)
        {
            KeepItsWords(copy);
            return e;
        }
        catch (OperationCanceledException e)
        {
            // Its supervisor, if there is one, has seen that its life line ended.
            await VmWaker.WaitForPredecessorAsync(copy.Vm, CancellationToken.None);
            return e;
        }
        finally
        {
            claim.ReleaseOne();
        }
    }

    /// <summary>One that had a supervisor stays, with its log and state; one that had none says nothing that the error does not.</summary>
    private void KeepItsWords(Copy copy)
    {
        try
        {
            if (new VmStore(context.Paths).Reload(copy.Vm).State.Status != VmStatus.Created)
            {
                copy.Keep();
            }
        }
        catch (HearthException)
        {
            // Its supervisor has removed it (--rm).
        }
    }

    /// <summary>Lets go of a copy, and has one that is not to be kept removed: by the reading of it, as by any other command's.</summary>
    private void Settle(Copy copy)
    {
        copy.Start.Dispose();
        if (copy.IsKept)
        {
            return;
        }

        try
        {
            new VmStore(context.Paths).Reload(copy.Vm);
        }
        catch (HearthException)
        {
            // It is gone.
        }
    }

    private int Report(List<Copy> copies, Exception?[] failures)
    {
        for (int i = 0; i < copies.Count; i++)
        {
            if (failures[i] is HearthException failure)
            {
                CommandLine.ShowError(context, failure);
            }
            else if (failures[i] is null)
            {
                context.Out.WriteLine(copies[i].Vm.Id);
            }
        }

        context.Cancellation.ThrowIfCancellationRequested();
        return failures.Any(static f => f is not null) ? 1 : 0;
    }

    private sealed class Copy(VmModel vm, FirstStart start)
    {
        public VmModel Vm => vm;

        public FirstStart Start => start;

        public bool IsKept { get; private set; }

        public void Keep()
        {
            FirstStart.Done(vm);
            IsKept = true;
        }
    }
}
