using System.Text.Json;
using Hearth.Images.Tests.Transport;

namespace Hearth.Vm.Tests.Images;

/// <summary>A registry on loopback with one image of two layers, which stops in the middle of the larger one when told to.</summary>
internal sealed class StallingRegistry : IAsyncDisposable
{
    private const string Marks = "blobs/";
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-stall-").FullName;
    private readonly LoopbackHttp _http;
    private readonly string _manifestDigest;
    private readonly string _largeLayer;
    private TaskCompletionSource? _halfway;

    public StallingRegistry()
    {
        OciLayout.Write(_directory, "x", """{"Cmd":["/bin/true"]}""", Layer("small", 100), Layer("large", 4 << 20));
        _manifestDigest = Digest(JsonDocument.Parse(File.ReadAllText(Path.Combine(_directory, "index.json"))).RootElement.GetProperty("manifests")[0]);
        JsonElement layers = JsonDocument.Parse(File.ReadAllText(BlobPath(_manifestDigest))).RootElement.GetProperty("layers");
        SmallLayer = Digest(layers[0]);
        _largeLayer = Digest(layers[1]);
        _http = new LoopbackHttp(AnswerAsync);
    }

    /// <summary>Host and port: in the command line of every helper that talks to it.</summary>
    public string Address => _http.Address;

    public string Reference => $"{Address}/stall/x:1";

    public string SmallLayer { get; }

    /// <summary>How often each blob was asked for.</summary>
    public int Asked(string digest) => _http.Paths.Count(path => path.EndsWith(Marks + digest, StringComparison.Ordinal));

    /// <summary>From now on the large layer stops half-way; completes when it has.</summary>
    public Task StallAsync()
    {
        _halfway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _halfway.Task;
    }

    public void Recover() => _halfway = null;

    public async ValueTask DisposeAsync()
    {
        await _http.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task AnswerAsync(LoopbackHttp.Request request)
    {
        string last = request.Path[(request.Path.LastIndexOf('/') + 1)..];
        if (request.Path.Contains("/manifests/", StringComparison.Ordinal))
        {
            await request.BytesAsync(200, "application/vnd.oci.image.manifest.v1+json", await File.ReadAllBytesAsync(BlobPath(_manifestDigest)));
        }
        else if (!request.Path.Contains(Marks, StringComparison.Ordinal))
        {
            await request.JsonAsync("{}");
        }
        else if (last == _largeLayer && _halfway is { } halfway)
        {
            byte[] blob = await File.ReadAllBytesAsync(BlobPath(last));
            await request.HeadAsync(200, "application/octet-stream", blob.Length);
            await request.Client.WriteAsync(blob.AsMemory(0, blob.Length / 2), request.Stopped);
            halfway.TrySetResult();
            await request.Client.CopyToAsync(Stream.Null, request.Stopped); // Until the client goes away.
        }
        else
        {
            await request.BytesAsync(200, "application/octet-stream", await File.ReadAllBytesAsync(BlobPath(last)));
        }
    }

    private string BlobPath(string digest) => Path.Combine(_directory, "blobs", "sha256", digest["sha256:".Length..]);

    private static string Digest(JsonElement descriptor) => descriptor.GetProperty("digest").GetString()!;

    private static byte[] Layer(string name, int size)
    {
        byte[] content = new byte[size];
        Random.Shared.NextBytes(content); // Of this registry alone: layers that another one left in the store would not be asked for.
        using var tar = new LayerTar();
        tar.File(name, content);
        return tar.ToArray();
    }
}
