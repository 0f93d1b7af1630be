using System.Diagnostics;
using Hearth.Fuse.Server;

namespace Hearth.Fuse.Tests.Server;

/// <summary>A directory that is served, beside one that is not.</summary>
internal sealed class SharedTree : IDisposable
{
    public SharedTree(Func<ShareOptions, ShareOptions>? options = null)
    {
        Directory.CreateDirectory(Path.Combine(Root, "sub"));
        Directory.CreateDirectory(Outside);
        File.WriteAllText(Path.Combine(Root, "file"), "inside");
        File.WriteAllText(Path.Combine(Outside, "secret"), "outside");
        File.CreateSymbolicLink(Path.Combine(Root, "absolute"), Outside);
        File.CreateSymbolicLink(Path.Combine(Root, "relative"), "../outside/secret");
        ShareOptions asked = new(Root);
        Server = new FuseServer(options?.Invoke(asked) ?? asked);
        Client = new FuseClient(Server);
    }

    public string Home { get; } = Directory.CreateTempSubdirectory("hearth-fuse-").FullName;

    public string Root => Path.Combine(Home, "root");

    public string Outside => Path.Combine(Home, "outside");

    public FuseServer Server { get; }

    public FuseClient Client { get; }

    public void Dispose()
    {
        Server.Dispose();
        using Process remove = Process.Start("rm", ["-rf", Home]); // Names are bytes, which .NET takes for text.
        remove.WaitForExit();
    }
}
