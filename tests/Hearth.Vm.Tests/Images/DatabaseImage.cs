using System.Globalization;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>Images with one of the host's databases: a real one in a second.</summary>
internal static class DatabaseImage
{
    /// <summary>The user of a server that refuses to be root.</summary>
    private const int Owner = 999;

    private const string PostgresRoot = "/usr/lib/postgresql";

    private static readonly Lazy<Task<string>> s_sqlite = new(MakeSqliteAsync);
    private static readonly Lazy<Task<string>> s_postgres = new(MakePostgresAsync);

    /// <summary>The name to run an image by that has <c>sqlite3</c> in its path.</summary>
    public static Task<string> SqliteAsync() => s_sqlite.Value;

    /// <summary>The name to run an image by that has PostgreSQL's programs in its path, <c>PGDATA</c> and <c>PGHOST</c> set, and is no root's.</summary>
    public static Task<string> PostgresAsync() => s_postgres.Value;

    private static async Task<string> MakeSqliteAsync()
    {
        TestRun.NeedProgram("sqlite3");
        using LayerTar tar = new();
        await ProgramImage.AddSystemAsync(tar, "", "/usr/bin/sqlite3");
        tar.File("bin/sqlite3", await File.ReadAllBytesAsync("/usr/bin/sqlite3"), 0b111_101_101);
        return await ProgramImage.LoadAsync("sqlite", """{"Cmd":["/bin/sh"],"Env":["PATH=/bin","LD_LIBRARY_PATH=/lib"]}""", tar);
    }

    private static async Task<string> MakePostgresAsync()
    {
        string? home = Directory.Exists(PostgresRoot)
            ? Directory.GetDirectories(PostgresRoot).Where(static home => File.Exists(home + "/bin/postgres")).MaxBy(static home => int.Parse(Path.GetFileName(home), CultureInfo.InvariantCulture))
            : null;
        Skip.If(home is null, "postgresql is not installed");
        string share = $"/usr/share/postgresql/{Path.GetFileName(home)}";
        string[] programs = [.. ((string[])["postgres", "initdb", "pg_ctl", "psql", "pg_amcheck"]).Select(program => $"{home}/bin/{program}")];
        string[] modules = [.. ((string[])["plpgsql", "dict_snowball", "amcheck"]).Select(module => $"{home}/lib/{module}.so")];
        string[] shared = [.. Directory.GetFiles(share, "*", SearchOption.AllDirectories).Where(static file => !Path.GetFileName(file).EndsWith(".gz", StringComparison.Ordinal))];
        using LayerTar tar = new();
        await ProgramImage.AddSystemAsync(tar, $"postgres:x:{Owner}:{Owner}::/data:/bin/sh\n", programs);
        tar.Directory("data", owner: Owner);
        foreach (string path in (string[])[.. programs, .. modules, .. shared])
        {
            tar.File(path[1..], await File.ReadAllBytesAsync(path), 0b111_101_101);
        }

        string environment = $"""["PATH=/bin:{home}/bin","LD_LIBRARY_PATH=/lib","PGDATA=/data/db","PGHOST=/tmp","PGUSER=postgres","TZ=GMT"]""";
        return await ProgramImage.LoadAsync("postgres", $$"""{"Cmd":["/bin/sh"],"User":"postgres","Env":{{environment}}}""", tar);
    }
}
