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
