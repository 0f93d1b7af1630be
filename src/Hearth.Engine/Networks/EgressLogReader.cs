using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Store;
using Hearth.Networking.Egress;

namespace Hearth.Engine.Networks;

/// <summary>Reads what a VM was let reach and what not, and follows it until the VM has ended.</summary>
public static class EgressLogReader
{
    /// <summary>Gives every decision that is kept, in order; with <paramref name="follow"/> also those to come.</summary>
    public static async Task ReadAsync(VmStore store, VmModel vm, bool follow, Func<EgressLogEntry, ValueTask> sink, CancellationToken cancellationToken)
    {
        using FollowedFile? changes = follow ? new FollowedFile(vm.Directory, "*.json*") : null;
        using RotatedLines lines = new(vm.EgressLog, EgressLog.OlderFile(vm.EgressLog));
        await lines.ReadAsync(Give, cancellationToken);
        while (changes is not null && MayGoOn(store, vm))
        {
            await changes.ChangedAsync(cancellationToken);
            await lines.ReadAsync(Give, cancellationToken);
        }

        // What was written between the last read and the end.
        await lines.ReadAsync(Give, cancellationToken);

        ValueTask Give(ReadOnlyMemory<byte> line) => Parse(line.Span) is { } entry ? sink(entry) : ValueTask.CompletedTask;
    }

    private static EgressLogEntry? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, EgressJson.Default.EgressLogEntry);
        }
        catch (JsonException)
        {
            return null; // A line torn by a crash of the host.
        }
    }

    /// <summary>A suspended VM has not ended.</summary>
    private static bool MayGoOn(VmStore store, VmModel vm)
    {
        try
        {
            return store.Reload(vm) is { IsActive: true } or { State.Status: VmStatus.Suspended };
        }
        catch (HearthException)
        {
            return false; // Removed: it has ended.
        }
    }
}
