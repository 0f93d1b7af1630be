using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>
/// An image with everything that an unpacker can get wrong, pushed once to a registry of the test run. Its programs are the busybox of the
/// catalogue image, read through <c>hearth run</c>, and one that ends with its effective user id.
/// </summary>
internal sealed class ProbeImage : IAsyncDisposable
{
    /// <summary><c>cap_net_raw+ep</c> as <c>struct vfs_cap_data</c> of revision 2 (include/uapi/linux/capability.h).</summary>
    private const string NetRaw = "\u0001\0\0\u0002\0\u0020\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    private const string Config =
        """
        {"Entrypoint":["/bin/show","entry"],"Cmd":["from-cmd"],"Env":["PATH=/bin","COLOUR=green"],"WorkingDir":"/home/worker","User":"worker:crew",
         "Labels":{"made":"here"},"ExposedPorts":{"80/tcp":{}},"StopSignal":"SIGINT"}
        """;

    private static readonly Lazy<Task<ProbeImage>> s_current = new(MakeAsync);
    private readonly HearthCommand _registry;
    private readonly TemporaryDirectory _directory;
    private bool _ended;

    private ProbeImage(HearthCommand registry, TemporaryDirectory directory, string reference)
    {
        _registry = registry;
        _directory = directory;
        Reference = reference;
    }

    /// <summary>The name to pull it by, with the registry's address.</summary>
    public string Reference { get; }

    public static Task<ProbeImage> CurrentAsync() => s_current.Value;

    /// <summary>Ends the registry, when a test has started it.</summary>
    public static async Task EndAsync()
    {
        if (s_current.IsValueCreated && s_current.Value.IsCompletedSuccessfully)
        {
            await (await s_current.Value).DisposeAsync();
        }
    }

    /// <summary>The registry writes into the directory as long as it lives.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, true))
        {
            return;
        }

        _registry.Kill();
        await _registry.EndAsync();
        _registry.Dispose();
        _directory.Dispose();
    }

    private static async Task<ProbeImage> MakeAsync()
    {
        TestRun.NeedProgram("docker-registry");
        TestRun.NeedProgram("skopeo");
        byte[] busybox = (await HearthCommand.RunAsync("run", "--rm", "@busybox", "cat", "/bin/busybox")).Succeeded().OutputBytes;
        var directory = new TemporaryDirectory();
        ProbeImage? image = null;
        try
        {
            OciLayout.Write(directory["layout"], "probe", Config, Lowest(busybox), Middle(), Highest());
            (HearthCommand registry, string address) = await StartRegistryAsync(directory);
            image = new ProbeImage(registry, directory, $"{address}/kitchen/probe:1");
            (await HearthCommand.SkopeoAsync("copy", "--quiet", "--dest-tls-verify=false", $"oci:{directory["layout"]}:probe", $"docker://{image.Reference}")).Succeeded();
            TestRun.Current.AtEnd(() => image.DisposeAsync().AsTask());
            return image;
        }
        catch
        {
            if (image is not null)
            {
                await image.DisposeAsync();
            }
            else
            {
                directory.Dispose();
            }

            throw;
        }
    }

    private static async Task<(HearthCommand Registry, string Address)> StartRegistryAsync(TemporaryDirectory directory)
    {
        string config = directory["registry.yml"];
        await File.WriteAllTextAsync(config, $"version: 0.1\nlog: {{level: info, formatter: text}}\nstorage: {{filesystem: {{rootdirectory: {directory["data"]}}}}}\nhttp: {{addr: '127.0.0.1:0', secret: test}}\n");
        HearthCommand registry = HearthCommand.StartProgram("docker-registry", "serve", config);
        const string Listening = "listening on 127.0.0.1:";
        await registry.ErrorAsync(Listening);
        string log = registry.ErrorSoFar;
        string rest = log[(log.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..];
        return (registry, "localhost:" + rest[..rest.IndexOfAnyExceptInRange('0', '9')]);
    }

    private static byte[] Lowest(byte[] busybox)
    {
        using var tar = new LayerTar();
        tar.Directory("bin").File("bin/busybox", busybox, 0b111_101_101).Link("bin/twin", "bin/busybox");
        foreach (string applet in (string[])["sh", "cat", "ls", "stat", "id", "grep", "readlink", "echo", "sleep", "env", "pwd", "wc", "awk", "hostname", "md5sum"])
        {
            tar.Symlink($"bin/{applet}", "busybox");
        }

        tar.File("bin/show", "#!/bin/sh\necho \"$@\"\nid -un\nid -gn\nid -u\npwd\necho $COLOUR\necho $HOME\n"u8.ToArray(), 0b111_101_101);
        tar.Directory("etc").File("etc/passwd", "root:x:0:0::/root:/bin/sh\nworker:x:1500:1500::/home/worker:/bin/sh\n"u8.ToArray());
        tar.File("etc/group", "root:x:0:\nworker:x:1500:\ncrew:x:1600:\nextra:x:1700:worker\n"u8.ToArray());
        tar.Directory("tmp", 0b001_111_111_111).Directory("home").Directory("home/worker").Directory("dev").Directory("proc").Directory("sys");
        tar.Directory("data").File("data/gone", "old"u8.ToArray()).File("data/kept", "old"u8.ToArray()).File("data/replaced", "old"u8.ToArray());
        tar.Directory("opaque").File("opaque/hidden", "old"u8.ToArray());
        tar.File("bin/who", TinyProgram.Identity(), 0b100_111_101_101).File("bin/who-plain", TinyProgram.Identity(), 0b111_101_101);
        return tar.ToArray();
    }

    private static byte[] Middle()
    {
        using var tar = new LayerTar();
        tar.Directory("data").File("data/.wh.gone", []).File("data/replaced", "new"u8.ToArray(), owner: 1500);
        tar.Directory("opaque").File("opaque/.wh..wh..opq", []).File("opaque/shown", "new"u8.ToArray());
        tar.Link("data/second-name", "data/replaced");
        return tar.ToArray();
    }

    private static byte[] Highest()
    {
        using var tar = new LayerTar();
        tar.Directory("node").CharacterDevice("node/zero", 1, 5).Fifo("node/pipe");
        tar.File("data/sparse", new byte[1 << 20]).File("data/attribute", "x"u8.ToArray(), attributes: new() { ["SCHILY.xattr.user.note"] = "remember" });
        tar.File("bin/attribute", TinyProgram.AttributeLength("/data/attribute", "user.note"), 0b111_101_101);
        tar.File("bin/net", TinyProgram.Identity(), 0b111_101_101, attributes: new() { ["SCHILY.xattr.security.capability"] = NetRaw });
        tar.File("data/" + new string('n', 200), "long"u8.ToArray()).File("data/ünïcødé name", "odd"u8.ToArray());
        return tar.ToArray();
    }
}
