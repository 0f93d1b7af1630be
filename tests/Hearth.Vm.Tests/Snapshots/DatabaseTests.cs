using System.Globalization;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>
/// A database that is written to all the time, while its VM is frozen, forked and taken back: every copy is whole and has every row
/// whose commit was acknowledged before. <c>HEARTH_DATABASE_ROUNDS</c> sets how many times (4 when left out: one of each kind).
/// </summary>
public sealed class DatabaseTests
{
    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("HEARTH_DATABASE_ROUNDS") ?? "4", CultureInfo.InvariantCulture);

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Every_copy_of_a_vm_under_load_has_a_whole_database_with_every_acknowledged_row(string kind)
    {
        TestDatabase database = TestDatabase.Of(kind);
        string image = await database.ImageAsync();
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, image, "sh", "-c", database.Writer)).Succeeded();
        await SaysAsync(vm, "ready");
        for (int round = 0; round < Rounds; round++)
        {
            await WrittenAsync(vm, await AcknowledgedAsync(vm) + 3);
            int least = await AcknowledgedAsync(vm);
            await (round % 4 == 3 ? RollBackAsync(database, vm, least) : CopyAsync(database, vm, least, round % 4));
        }

        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
    }

    private static async Task CopyAsync(TestDatabase database, string vm, int least, int kind)
    {
        string copy = TestRun.Current.NewName();
        string snapshot = TestRun.Current.NewName();
        if (kind == 2)
        {
            (await HearthCommand.RunAsync("fork", vm, "--name", copy)).Succeeded();
        }
        else
        {
            string[] options = kind == 1 ? ["--disk-only"] : [];
            (await HearthCommand.RunAsync(["snapshot", "create", .. options, vm, snapshot])).Succeeded();
            (await HearthCommand.RunAsync("run", "-d", "--from", snapshot, "--name", copy)).Succeeded();
            (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
            await (kind == 1 ? SaysAsync(copy, "ready") : Task.CompletedTask); // It boots, and begins with a recovery.
        }

        await database.IsWholeAsync(copy, least);
        await WrittenAsync(copy, await AcknowledgedAsync(copy) + 1);
        (await HearthCommand.RunAsync("rm", "-f", copy)).Succeeded();
    }

    private static async Task RollBackAsync(TestDatabase database, string vm, int least)
    {
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        (await HearthCommand.RunAsync("rollback", vm, snapshot)).Succeeded();
        await database.IsWholeAsync(vm, least);
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }

    /// <summary>The last row that the VM's own log knows; 0 for a copy that has written none yet.</summary>
    private static async Task<int> AcknowledgedAsync(string vm) =>
        (await HearthCommand.RunAsync("logs", "-n", "1", vm)).Succeeded().Lines is [.., var last] && int.TryParse(last, CultureInfo.InvariantCulture, out int row) ? row : 0;

    private static Task WrittenAsync(string vm, int row) => SaysAsync(vm, row.ToString(CultureInfo.InvariantCulture));

    private static async Task SaysAsync(string vm, string line)
    {
        using HearthCommand follow = HearthCommand.Start("logs", "-f", vm);
        await follow.OutputAsync($"{line}\n");
    }
}
