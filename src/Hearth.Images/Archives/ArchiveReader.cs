using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Images.Documents;
using Hearth.Images.References;
using Hearth.Linux.Processes;

namespace Hearth.Images.Archives;

/// <summary>
/// Opens what <c>docker save</c>, <c>podman save</c> and <c>skopeo copy</c> write: tells the two formats apart, lists the images, and makes each
/// of them a source for the transport. A docker-archive stays one file; an oci-archive is unpacked, once, into an OCI layout (skopeo would
/// unpack it for every question). Only names that belong to a layout are unpacked.
/// </summary>
/// <param name="directory">Where it is unpacked.</param>
/// <param name="subject">The archive, as a person names it.</param>
/// <param name="space">What it may take there.</param>
internal sealed class ArchiveReader(string directory, string subject, ArchiveSpace space)
{
    private const int MaximumListBytes = 4 << 20;
    private const int MaximumImages = 1000;
    private const string DockerList = "manifest.json";
    private const string OciIndex = "index.json";
    private const string OciBlobs = "blobs/sha256/";

    /// <summary>Copies the archive into the directory, unpacking gzip, zstd, xz and bzip2 as <c>docker load</c> does.</summary>
    /// <exception cref="HearthException"><c>archive.invalid</c>: not an archive, or damaged; <c>archive.too-large</c>, <c>disk.full</c>, <c>tool.missing</c>.</exception>
    public async Task<IReadOnlyList<ArchivedImage>> OpenAsync(Stream archive, CancellationToken cancellationToken)
    {
        string path = Path.Combine(directory, "archive.tar");
        var magic = new byte[6];
        int count = await archive.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancellationToken);
        await using var whole = new PrefixedStream(magic.AsMemory(0, count), archive);
        try
        {
            await using var file = new BoundedFile(path, space);
            await UnpackAsync(magic, whole, file, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or ToolFailedException)
        {
            throw Invalid($"its compression is damaged ({e.Message.TrimEnd('.')})", e);
        }

        return await OpenFileAsync(path, cancellationToken);
    }

    /// <summary>The images of a plain tar archive that stays where it is.</summary>
    public async Task<IReadOnlyList<ArchivedImage>> OpenFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // A newer Docker writes both lists; the older one has the names.
            if (await ReadEntryAsync(path, DockerList, cancellationToken) is { } list)
            {
                return DockerImages(path, list);
            }

            if (await ReadEntryAsync(path, OciIndex, cancellationToken) is { } index)
            {
                string layout = await UnpackLayoutAsync(path, cancellationToken);
                return OciImages(layout, index);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw Invalid($"it is not a tar archive, or cut short ({e.Message.TrimEnd('.')})", e);
        }

        throw Invalid($"it has neither '{DockerList}' nor '{OciIndex}'", null);
    }

    private static async Task UnpackAsync(byte[] magic, Stream archive, BoundedFile file, CancellationToken cancellationToken)
    {
        if (magic is [0x1f, 0x8b, ..])
        {
            await using var gzip = new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true);
            await gzip.CopyToAsync(file, cancellationToken);
        }
        else if (Unpacker(magic) is { } tool)
        {
            await ToolProcess.RunAsync(tool, new ToolStreams { Input = archive, Output = file }, cancellationToken);
        }
        else
        {
            await archive.CopyToAsync(file, cancellationToken);
        }
    }

    /// <summary>The framework knows gzip only. xz takes as much memory as the archive asks for: 1 GiB is enough for every preset.</summary>
    private static ToolCommand? Unpacker(byte[] magic) => magic switch
    {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => new ToolCommand("zstd", ["-dcq"]),
        [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] => new ToolCommand("xz", ["-dcq", "--memlimit-decompress=1GiB"]) { Package = "xz-utils" },
        [0x42, 0x5a, 0x68, ..] => new ToolCommand("bzip2", ["-dcq"]),
        _ => null,
    };

    private ArchivedImage[] DockerImages(string path, byte[] list)
    {
        // The path becomes part of a reference in which ':' ends it: a link has a name of our own.
        string link = Path.Combine(directory, "docker-archive");
        File.CreateSymbolicLink(link, Path.GetFullPath(path));
        return JsonFields.Read(list, $"The list of images in {subject}", MaximumListBytes, root =>
        {
            if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() is 0 or > MaximumImages)
            {
                throw new JsonException($"it is not a list of 1 to {MaximumImages} images");
            }

            return root.EnumerateArray().Select((image, index) => new ArchivedImage(
                new ImageReference(ImageTransport.DockerArchive, $"{link}:@{index}", null, null),
                [.. JsonFields.Texts(image, "RepoTags", MaximumImages).SelectMany(Name)])).ToArray();
        });
    }

    private ArchivedImage[] OciImages(string layout, byte[] index)
    {
        Descriptor[] entries = [.. ImageManifest.ParseIndex(index, $"The index of {subject}").Where(static entry => !entry.IsAttestation)];
        if (entries.Length == 0)
        {
            throw Invalid("it has no image", null);
        }

        return [.. entries.Select((entry, position) => new ArchivedImage(Single(layout, entry, position), OciNames(entry)))];
    }

    /// <summary>A layout of its own for one entry, on the same blobs: in a shared one skopeo finds entries by name only, and names may be missing or repeat.</summary>
    private ImageReference Single(string layout, Descriptor entry, int position)
    {
        string single = Path.Combine(directory, $"image-{position}");
        Directory.CreateDirectory(single);
        File.Copy(Path.Combine(layout, "oci-layout"), Path.Combine(single, "oci-layout"));
        File.WriteAllBytes(Path.Combine(single, OciIndex), ManifestWriter.Index([(entry.Digest, entry.Size, null)], entry.MediaType));
        Directory.CreateSymbolicLink(Path.Combine(single, "blobs"), Path.Combine(layout, "blobs"));
        return new ImageReference(ImageTransport.OciLayout, single, null, null);
    }

    /// <summary>The name that containerd and Docker write, or podman's; a bare tag ("latest") is not a name.</summary>
    private static ImageReference[] OciNames(Descriptor entry)
    {
        string? name = entry.Annotations.GetValueOrDefault(Descriptor.ContainerdName) ?? entry.Annotations.GetValueOrDefault(Descriptor.RefName);
        return name is null || name.AsSpan().IndexOfAny('/', ':') < 0 ? [] : Name(name);
    }

    /// <summary>The text as a name with a tag, if it is one: it is free text, and must not pass for a catalogue name.</summary>
    private static ImageReference[] Name(string text)
    {
        try
        {
            return ImageReference.Parse(text) is { Transport: ImageTransport.Registry, Digest: null } name ? [name] : [];
        }
        catch (HearthException)
        {
            return [];
        }
    }

    private static async Task<byte[]?> ReadEntryAsync(string path, string name, CancellationToken cancellationToken)
    {
        await using FileStream file = File.OpenRead(path);
        await using var reader = new TarReader(file);
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (Clean(entry.Name) == name && entry.DataStream is { } data)
            {
                return entry.Length <= MaximumListBytes
                    ? await BytesAsync(data, cancellationToken)
                    : throw new InvalidDataException($"'{name}' has {entry.Length} bytes, and {MaximumListBytes} is the most allowed");
            }
        }

        return null;
    }

    private static async Task<byte[]> BytesAsync(Stream data, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await data.CopyToAsync(buffer, cancellationToken);
        return buffer.ToArray();
    }

    private async Task<string> UnpackLayoutAsync(string path, CancellationToken cancellationToken)
    {
        string layout = Path.Combine(directory, "unpacked");
        Directory.CreateDirectory(Path.Combine(layout, "blobs", "sha256"));
        await File.WriteAllTextAsync(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""", cancellationToken);
        await using FileStream file = File.OpenRead(path);
        await using var reader = new TarReader(file);
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            string name = Clean(entry.Name);
            if (name.StartsWith(OciBlobs, StringComparison.Ordinal) && ImageReference.IsDigest("sha256:" + name[OciBlobs.Length..]) && entry.DataStream is { } data)
            {
                await using var blob = new BoundedFile(Path.Combine(layout, name), space);
                await data.CopyToAsync(blob, cancellationToken);
            }
        }

        return layout;
    }

    private static string Clean(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;

    private HearthException Invalid(string reason, Exception? inner) => new(
        "archive.invalid",
        $"{char.ToUpperInvariant(subject[0])}{subject[1..]} cannot be loaded: {reason}.",
        "Give an archive that 'docker save', 'podman save', 'skopeo copy' or 'hearth save' wrote.",
        inner: inner);
}
