using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

/// <summary>
/// <c>image-names.json</c>. Readers take no lock: a change is a new file renamed over the old one. The lock (<c>locks/image-names</c>)
/// is a leaf: nothing else is locked, fetched or built under it.
/// </summary>
internal sealed class NameTable(HearthPaths paths)
{
    private const int MaximumBytes = 64 << 20;

    /// <exception cref="HearthException"><c>store.newer</c>, <c>store.corrupt</c>.</exception>
    public ImageNames Read()
    {
        byte[] json;
        try
        {
            json = File.ReadAllBytes(paths.ImageNames);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ImageNames();
        }

        ImageNames names = Parse(json);
        return names.Version <= ImageNames.CurrentVersion ? names : throw new HearthException(
            "store.newer",
            $"'{paths.ImageNames}' has format {names.Version}, and this hearth knows {ImageNames.CurrentVersion} at most.",
            "Use the newer hearth that wrote it, or another HEARTH_HOME.");
    }

    /// <summary>Changes the names, and returns what the change returns. An unchanged table is not written.</summary>
    public async Task<T> UpdateAsync<T>(Func<ImageNames, T> change, CancellationToken cancellationToken)
    {
        using FileLock held = await FileLock.AcquireAsync(Path.Combine(paths.Locks, "image-names"), cancellationToken);
        ImageNames names = Read();
        byte[] before = JsonSerializer.SerializeToUtf8Bytes(names, ImagesJson.Default.ImageNames);
        T result = change(names);
        byte[] after = JsonSerializer.SerializeToUtf8Bytes(names, ImagesJson.Default.ImageNames);
        if (!before.AsSpan().SequenceEqual(after))
        {
            WholeFile.Write(paths.ImageNames, after);
        }

        return result;
    }

    private ImageNames Parse(byte[] json)
    {
        try
        {
            if (json.Length > MaximumBytes)
            {
                throw new JsonException($"it has {json.Length} bytes");
            }

            ImageNames read = JsonSerializer.Deserialize(json, ImagesJson.Default.ImageNames) ?? throw new JsonException("it is null");
            if (read.Tags is null || read.Digests is null)
            {
                throw new JsonException("'tags' or 'digests' is null");
            }

            // The serializer makes dictionaries with the culture's order; names are ordered by their bytes.
            return read with { Tags = new(read.Tags, StringComparer.Ordinal), Digests = new(read.Digests, StringComparer.Ordinal) };
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new HearthException(
                "store.corrupt",
                $"'{paths.ImageNames}' is not valid: {e.Message.TrimEnd('.')}.",
                "Move the file away: images stay and are listed without names; 'hearth pull' gives them back.",
                inner: e);
        }
    }
}
