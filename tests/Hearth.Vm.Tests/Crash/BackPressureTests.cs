using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Crash;

[Collection(AloneCollection.Name)]
public sealed class BackPressureTests
{
    /// <summary>Room for the processes themselves; what the guest writes meanwhile would be many times that.</summary>
    private const long BoundKib = 96 << 10;

    [SkippableFact]
    public async Task A_reader_that_stops_slows_the_guest_and_memory_stays_bounded()
    {
        string name = TestRun.Current.NewName();
        using HearthCommand client = HearthCommand.StartProgram("/bin/sh", "-c", "exec 3<&0; \"$0\" run --name \"$1\" @busybox -- sh -c 'yes 0123456789012345678901234567890123456789 & wait' </dev/null | { head -c 100000 | tail -c 1 >/dev/null; echo stalled; read go <&3; head -c 100000 | tail -c 1 > /dev/null; echo again; }", TestRun.Current.Binary, name);
        await client.OutputAsync("stalled");
        int supervisor = HostTraces.ProcessId(name, "supervisor");

        // The writer makes no progress while nobody reads: its own count of written bytes stands still.
        long first = await WrittenAsync(name);
        (await HearthCommand.RunAsync("exec", name, "sleep", "3")).Succeeded();
        long second = await WrittenAsync(name);

        ResidentKib(supervisor).ShouldBeLessThan(BoundKib);
        (second - first).ShouldBeLessThan(64L << 20);
        await client.TypeAsync("go\n");
        await client.OutputAsync("again");
        await client.EndAsync();
        await HostTraces.NoProcessAsync(HostTraces.IdOf(name));
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
    }

    private static async Task<long> WrittenAsync(string name) =>
        long.Parse((await HearthCommand.RunAsync("exec", name, "sh", "-c", "awk '/^wchar/ { print $2 }' /proc/$(pidof yes)/io")).Succeeded().Line, null);

    private static long ResidentKib(int processId)
    {
        string line = File.ReadLines($"/proc/{processId}/status").Single(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), null);
    }
}
