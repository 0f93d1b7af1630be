using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Engine.Supervision;
using Hearth.Linux.Files;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Templates;

// Theory of operation
//
// Here the command itself owns the VMM that a template is made with: there is no VM in the store, so no state.json that would
// lead to it. A staging directory with the VMM's id and groups stands in for that. A command that ends in any orderly way has
// ended its VMM. One that is killed takes the VMM with it (PR_SET_PDEATHSIG) and leaves an empty cgroup and the directory;
// the next preparation, or a prune, finds the directory without an owner and releases what it names.

/// <summary>Makes a template ahead of the first run.</summary>
public static class TemplatePreparation
{
    private const string Purpose = "preparation";
    private const string VmmFile = "vmm";

    /// <summary>The template of the spec's shape; made when it is missing.</summary>
    /// <param name="paths">The home.</param>
    /// <param name="spec">Image, kernel and sizes; its id is the VMM's. Nothing else of it matters.</param>
    /// <param name="time">Clock of the host.</param>
    /// <param name="building">Called with false when the template has to be made or waited for, and with true when it is there then.</param>
    /// <param name="cancellationToken">Ends the guest and the work.</param>
    /// <exception cref="HearthException"><c>image.not-found</c>, <c>template.failed</c>, <c>template.budget</c>, or why the guest did not come up.</exception>
    public static async Task<FrozenState> EnsureAsync(HearthPaths paths, VmSpec spec, TimeProvider time, Action<bool> building, CancellationToken cancellationToken)
    {
        QemuEngine.Prepare();
        VmAssets assets = await LaunchPlan.FindAssetsAsync(paths, spec, cancellationToken);
        TemplateShape shape = TemplateShape.Of(spec, assets, AccelDecision.Choose(spec.Accel, KvmFacts.Probe()));
        if (new TemplateStore(paths).Open(shape.Key()) is { } present)
        {
            return present;
        }

        building(false);
        ReleaseAbandoned(paths);
        using StagingDirectory mark = await StagingDirectory.CreateAsync(paths, Purpose, cancellationToken);
        Write(mark, spec.Id, []);
        TemplateBuilder builder = new(paths, time, spec.Id, instance => Write(mark, spec.Id, instance.Cgroups));
        FrozenState made = await builder.EnsureAsync(shape, spec, cancellationToken);
        building(true);
        return made;
    }

    /// <summary>Ends and frees what preparations that were killed left on the host. Their directories go with the next sweep.</summary>
    public static void ReleaseAbandoned(HearthPaths paths)
    {
        foreach (string directory in StagingDirectory.Abandoned(paths, Purpose))
        {
            if (ReadLines(Path.Combine(directory, VmmFile)) is [var id, ..] lines)
            {
                Reconciler.Release(id, lines.Length > 1 ? lines[1] : null);
            }
        }
    }

    private static void Write(StagingDirectory mark, string id, IEnumerable<string> cgroups) =>
        AtomicFile.Write(mark.File(VmmFile), Encoding.UTF8.GetBytes($"{id}\n{string.Join(':', cgroups)}\n"));

    private static string[]? ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return null; // It died before it started a VMM, or somebody else just removed it.
        }
    }
}
