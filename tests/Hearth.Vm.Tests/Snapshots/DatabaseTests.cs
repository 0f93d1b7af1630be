using System.Globalization;
using Hearth.Vm.Tests.Harness;
using Hearth.Vm.Tests.Images;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>
/// A database that is written to all the time, while its VM is frozen, forked and taken back: every copy is whole and has every row
/// whose commit was acknowledged before. <c>HEARTH_DATABASE_ROUNDS</c> sets how many times (4 when left out: one of each kind).
/// </summary>
public sealed class DatabaseTests
{
    /// <summary>
    /// Says a row's number once its transaction is committed (synchronous=FULL, which is SQLite's own choice). Started again by a copy
    /// that boots, it goes on where the table ends.
    /// </summary>
    private const string Writer =
        """
        query() { sqlite3 -cmd '.timeout 20000' /db "$1"; }
        query 'create table if not exists t(id integer primary key, pad text)' && i=$(query 'select coalesce(max(id), 0) from t') || exit 1
        while :; do
          i=$((i+1)); query "begin; insert into t values($i, hex(randomblob(500))); commit" || exit 1; echo $i
        done
        """;

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("HEARTH_DATABASE_ROUNDS") ?? "4", CultureInfo.InvariantCulture);

    [SkippableFact]
    public async Task Every_copy_of_a_vm_under_load_has_a_whole_database_with_every_acknowledged_row()
    {
        string image = await DatabaseImage.ReferenceAsync();
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, image, "sh", "-c", Writer)).Succeeded();
        for (int round = 0; round < Rounds; round++)
        {
            await WrittenAsync(vm, await AcknowledgedAsync(vm) + 3);
            int least = await AcknowledgedAsync(vm);
            await (round % 4 == 3 ? RollBackAsync(vm, least) : CopyAsync(vm, least, round % 4));
        }

        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
    }

    private static async Task CopyAsync(string vm, int least, int kind)
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
        }

        await IsWholeAsync(copy, least);
        await WrittenAsync(copy, await AcknowledgedAsync(copy) + 1);
        (await HearthCommand.RunAsync("rm", "-f", copy)).Succeeded();
    }

    private static async Task RollBackAsync(string vm, int least)
    {
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        (await HearthCommand.RunAsync("rollback", vm, snapshot)).Succeeded();
        await IsWholeAsync(vm, least);
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }

    /// <summary>Rows are numbered from 1 without a gap, so that the highest number counts them.</summary>
    private static async Task IsWholeAsync(string vm, int least)
    {
        string[] said = (await HearthCommand.RunAsync("exec", vm, "sqlite3", "-cmd", ".timeout 20000", "/db", "pragma integrity_check; select count(*) - max(id), max(id) from t")).Succeeded().Lines;
        said[0].ShouldBe("ok");
        string[] rows = said[1].Split('|');
        rows[0].ShouldBe("0");
        int.Parse(rows[1], CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(least);
    }

    private static async Task<int> AcknowledgedAsync(string vm) =>
        (await HearthCommand.RunAsync("logs", "-n", "1", vm)).Succeeded().Lines is [.., var last] ? int.Parse(last, CultureInfo.InvariantCulture) : 0;

    private static async Task WrittenAsync(string vm, int row)
    {
        using HearthCommand follow = HearthCommand.Start("logs", "-f", vm);
        await follow.OutputAsync($"{row}\n");
    }
}
