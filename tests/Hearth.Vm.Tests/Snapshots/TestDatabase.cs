using System.Globalization;
using Hearth.Vm.Tests.Harness;
using Hearth.Vm.Tests.Images;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>
/// A database in a container that says <c>ready</c>, and then a row's number once its transaction is committed. Started again by a copy
/// that boots, it goes on where the table ends.
/// </summary>
internal abstract record TestDatabase
{
    public static TestDatabase Of(string kind) => kind == "sqlite" ? new Sqlite() : new Postgres();

    /// <summary>The name to run its image by.</summary>
    public abstract Task<string> ImageAsync();

    public abstract string Writer { get; }

    /// <summary>The database's own check finds nothing, and every row is there that was acknowledged before.</summary>
    public abstract Task IsWholeAsync(string vm, int least);

    /// <summary>Rows are numbered from 1 without a gap, so that the highest number counts them.</summary>
    private static void HasAll(string said, int least)
    {
        string[] rows = said.Split('|');
        rows[0].ShouldBe("0", said);
        int.Parse(rows[1], CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(least);
    }

    /// <summary>Every transaction a process; synchronous=FULL, which is SQLite's own choice.</summary>
    private sealed record Sqlite : TestDatabase
    {
        public override string Writer =>
            """
            query() { sqlite3 -cmd '.timeout 20000' /db "$1"; }
            query 'create table if not exists t(id integer primary key, pad text)' && i=$(query 'select coalesce(max(id), 0) from t') || exit 1
            echo ready
            while :; do
              i=$((i+1)); query "begin; insert into t values($i, hex(randomblob(500))); commit" || exit 1; echo $i
            done
            """;

        public override Task<string> ImageAsync() => DatabaseImage.SqliteAsync();

        public override async Task IsWholeAsync(string vm, int least)
        {
            string[] said = (await HearthCommand.RunAsync("exec", vm, "sqlite3", "-cmd", ".timeout 20000", "/db", "pragma integrity_check; select count(*) - max(id), max(id) from t")).Succeeded().Lines;
            said[0].ShouldBe("ok");
            HasAll(said[1], least);
        }
    }

    /// <summary>
    /// One session writes two tables in each transaction, with what a server does by itself beside it: checkpoints every 30 s (the least), WAL
    /// writer, autovacuum. A copy that boots finds the lock file of a postmaster that is as dead as its machine.
    /// </summary>
    private sealed record Postgres : TestDatabase
    {
        public override string Writer =>
            """
            rm -f $PGDATA/postmaster.pid
            [ -s $PGDATA/initialized ] || { rm -rf $PGDATA; initdb -k -N -A trust -U postgres -E UTF8 --locale=C >/data/log; } || exit 1
            pg_ctl -w -t 200 -l /data/log -o "-c listen_addresses= -c unix_socket_directories=/tmp -c shared_buffers=16MB -c checkpoint_timeout=30 -c autovacuum_naptime=5" start >/dev/null || { cat /data/log; exit 1; }
            query() { psql -X -q -A -t -v ON_ERROR_STOP=1 postgres "$@"; }
            query -c 'set client_min_messages=error; create extension if not exists amcheck; create table if not exists t(id int primary key, pad text unique); create table if not exists u(id int primary key)' || exit 1
            i=$(query -c 'select coalesce(max(id), 0) from t') || exit 1
            sync; echo yes > $PGDATA/initialized; sync; echo ready
            while :; do
              i=$((i+1)); echo "begin; insert into t select $i, string_agg(md5(random()::text), '') from generate_series(1, 30); insert into u values($i); commit; select $i;"
            done | query
            """;

        public override Task<string> ImageAsync() => DatabaseImage.PostgresAsync();

        public override async Task IsWholeAsync(string vm, int least)
        {
            Outcome check = (await HearthCommand.RunAsync("exec", vm, "pg_amcheck", "--heapallindexed", "--rootdescend", "postgres")).Succeeded();
            (check.Output + check.Error).ShouldBeEmpty();
            const string Count = "select (select count(*) from t) - max(id) + (select count(*) from t full join u using (id) where t.pad is null or u.id is null), max(id) from u";
            HasAll((await HearthCommand.RunAsync("exec", vm, "psql", "-X", "-q", "-A", "-t", "-c", Count, "postgres")).Succeeded().Line, least);
        }
    }
}
