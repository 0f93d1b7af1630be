using System.Globalization;
using System.Text.RegularExpressions;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>
/// Images with busybox and one of the host's databases with the libraries that it is linked with: a real database in a second, where
/// a distribution would take minutes to unpack.
/// </summary>
internal static partial class DatabaseImage
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
        await AddSystemAsync(tar, "/usr/bin/sqlite3");
        tar.File("bin/sqlite3", await File.ReadAllBytesAsync("/usr/bin/sqlite3"), 0b111_101_101);
        return await LoadAsync("sqlite", """{"Cmd":["/bin/sh"],"Env":["PATH=/bin","LD_LIBRARY_PATH=/lib"]}""", tar);
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
        await AddSystemAsync(tar, programs);
        tar.Directory("data", owner: Owner);
        foreach (string path in (string[])[.. programs, .. modules, .. shared])
        {
            tar.File(path[1..], await File.ReadAllBytesAsync(path), 0b111_101_101);
        }

        string environment = $"""["PATH=/bin:{home}/bin","LD_LIBRARY_PATH=/lib","PGDATA=/data/db","PGHOST=/tmp","PGUSER=postgres","TZ=GMT"]""";
        return await LoadAsync("postgres", $$"""{"Cmd":["/bin/sh"],"User":"postgres","Env":{{environment}}}""", tar);
    }

    /// <summary>The directories of a root, a shell, and what programs are linked with.</summary>
    private static async Task AddSystemAsync(LayerTar tar, params string[] programs)
    {
        byte[] busybox = (await HearthCommand.RunAsync("run", "--rm", "@busybox", "cat", "/bin/busybox")).Succeeded().OutputBytes;
        tar.Directory("bin").Directory("lib64").Directory("lib").Directory("etc").Directory("proc").Directory("sys").Directory("dev").Directory("tmp", 0b001_111_111_111);
        tar.File("bin/busybox", busybox, 0b111_101_101);
        foreach (string applet in (string[])["sh", "cat", "echo", "sleep", "seq", "test", "sync", "kill", "true", "rm"])
        {
            tar.Symlink($"bin/{applet}", "busybox");
        }

        tar.File("etc/passwd", System.Text.Encoding.ASCII.GetBytes($"root:x:0:0::/:/bin/sh\npostgres:x:{Owner}:{Owner}::/data:/bin/sh\n"));
        tar.File("etc/machine-id", "00000000000000000000000000000001\n"u8.ToArray());
        string libraries = (await HearthCommand.RunProgramAsync("ldd", programs)).Succeeded().Output;
        foreach (string library in Library().Matches(libraries).Select(static m => m.Value).Distinct())
        {
            // The loader is named by its whole path in every program; all others are looked for in /lib.
            bool loader = library.StartsWith("/lib64/", StringComparison.Ordinal);
            tar.File(loader ? library[1..] : $"lib/{Path.GetFileName(library)}", await File.ReadAllBytesAsync(library), 0b111_101_101);
        }
    }

    private static async Task<string> LoadAsync(string kind, string config, LayerTar tar)
    {
        TestRun.NeedProgram("skopeo");
        using TemporaryDirectory directory = new();
        OciLayout.Write(directory["layout"], "database", config, tar.ToArray());
        string name = $"localhost/{kind}/{TestRun.Current.NewName()}:1";
        string archive = directory["image.tar"];
        (await HearthCommand.RunProgramAsync("skopeo", "copy", "--quiet", $"oci:{directory["layout"]}:database", $"docker-archive:{archive}:{name}")).Succeeded();
        (await HearthCommand.RunAsync("load", "-i", archive)).Succeeded();
        return name;
    }

    [GeneratedRegex(@"(?<=\s)/\S+\.so\S*")]
    private static partial Regex Library();
}
