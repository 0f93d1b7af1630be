using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Events;
using Hearth.Engine.Store;
using Hearth.Vmm;

namespace Hearth.Engine.Supervision;

/// <content>What the supervisor writes down and says.</content>
public sealed partial class Supervisor
{
    /// <summary>Standard error is the starting client's while that lives.</summary>
    private void Warn(string line)
    {
        _log.Warning(line);
        Console.Error.WriteLine($"hearth: {line}");
    }

    /// <summary>
    /// Tells a client why its request failed when that was no error of the client's: a connection that just ends would say that
    /// the VM does not run.
    /// </summary>
    private async Task ToldAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (Exception e) when (e is EndOfStreamException || (e is OperationCanceledException && _end.IsCancellationRequested))
        {
            throw new HearthException("guest.gone", $"VM {_vm.Name} ended during the request.", $"'hearth inspect {_vm.Name}' and 'hearth logs {_vm.Name}' may say why.", inner: e);
        }
#pragma warning disable CA1031 // The request's root: the client is told.
        catch (Exception e) when (e is not HearthException)
#pragma warning restore CA1031
        {
            throw new HearthException("vm.request", $"VM {_vm.Name} could not do it: {e.Message}", $"Check the space of the file system that holds {_paths.Home}; 'hearth doctor' checks the rest of the host.", inner: e);
        }
    }

    private async Task<T> ToldAsync<T>(Task<T> work)
    {
        await ToldAsync((Task)work);
        return await work;
    }

    private Task RenameAsync(string name)
    {
        lock (_stateLock)
        {
            _vm = _vm with { Spec = _vm.Spec with { Name = name } };
        }

        return Task.CompletedTask;
    }

    private void RecordVmm(IVmInstance instance) =>
        SetState(s => s with { Vmm = instance.Process, Engine = instance.Description, Cgroup = string.Join(':', instance.Cgroups) });

    private void SetState(Func<VmState, VmState> change)
    {
        lock (_stateLock)
        {
            _vm = _vm with { State = change(_vm.State) };
            try
            {
                VmFiles.WriteState(_vm.Directory, _vm.State);
            }
            catch (IOException e)
            {
                _log.Warning($"the state cannot be written: {e.Message}");

                // A full disk: the VM goes on, and a reader that finds the old state of a dead supervisor reconciles it.
            }
        }
    }

    private void Emit(string action, params ReadOnlySpan<(string Key, string Value)> more)
    {
        Dictionary<string, string> attributes = new(_vm.Spec.Labels) { ["name"] = _vm.Name, ["image"] = _vm.Spec.Image };
        foreach ((string key, string value) in more)
        {
            attributes[key] = value;
        }

        _log.Info(more.Length > 0 ? $"{action}: {more[0].Key} {more[0].Value}" : action);

        try
        {
            _events.Append(new HearthEvent(_time.GetUtcNow(), "container", action, _vm.Id, attributes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk loses the record of an event, not the VM.
        }
    }
}
