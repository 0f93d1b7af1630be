using System.Security.Cryptography;
using Hearth.Core.Errors;
using Hearth.Core.Hashing;
using Hearth.Core.Storage;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

/// <summary>
/// The shared store of blobs by content. A blob appears whole, by rename. Whoever adds blobs or counts on some that no image names
/// yet holds the <c>locks/blobs</c> lock shared; removing takes it alone, and leaves everything when somebody is adding.
/// </summary>
internal sealed class BlobStore(HearthPaths paths)
{
    private const int BufferBytes = 1 << 20;

    private string LockFile => Path.Combine(paths.Locks, "blobs");

    /// <summary>The directory that holds <c>sha256/</c>.</summary>
    public string Root => Path.GetDirectoryName(paths.Blobs)!;

    public Task<FileLock> UseAsync(CancellationToken cancellationToken) => FileLock.AcquireAsync(LockFile, FileLockMode.Shared, cancellationToken);

    public string PathOf(string digest) => Path.Combine(paths.Blobs, digest["sha256:".Length..]);

    public bool Has(string digest) => File.Exists(PathOf(digest));

    /// <summary>Whether the blob's bytes are those of its digest. One that is damaged is deleted, so that the next pull fetches it.</summary>
    public async Task<bool> VerifyAsync(string digest, CancellationToken cancellationToken)
    {
        string path = PathOf(digest);
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, FileOptions.SequentialScan);
            byte[] hash = await SHA256.HashDataAsync(file, cancellationToken);
            if (Convert.ToHexStringLower(hash) == Path.GetFileName(path))
            {
                return true;
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        File.Delete(path);
        return false;
    }

    /// <exception cref="HearthException"><c>image.blob-corrupt</c>: missing or damaged; a damaged one is deleted.</exception>
    public async Task RequireAsync(string digest, string image, CancellationToken cancellationToken)
    {
        bool present = Has(digest);
        if (!await VerifyAsync(digest, cancellationToken))
        {
            throw new HearthException(
                "image.blob-corrupt",
                $"Blob {digest} of image '{image}' {(present ? "does not match its digest and was deleted" : "is missing")}.",
                $"Run 'hearth pull {image}' to fetch it again.");
        }
    }

    /// <summary>Adds bytes and returns their digest.</summary>
    public string Add(ReadOnlySpan<byte> content)
    {
        string digest = DigestOf(content);
        if (!Has(digest))
        {
            WholeFile.Write(PathOf(digest), content);
        }

        return digest;
    }

    /// <summary>Moves a finished file of the same file system in, and returns its digest.</summary>
    public async Task<string> AdoptAsync(string path, CancellationToken cancellationToken)
    {
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, BufferBytes, FileOptions.SequentialScan))
        {
            string digest = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
            file.Flush(flushToDisk: true);
            Directory.CreateDirectory(paths.Blobs);
            File.Move(path, PathOf(digest), overwrite: true);
            return digest;
        }
    }

    /// <summary>Reads a small blob and checks it.</summary>
    /// <exception cref="HearthException"><c>image.blob-corrupt</c>.</exception>
    public async Task<byte[]> ReadAsync(string digest, string image, int maximumBytes, CancellationToken cancellationToken)
    {
        await RequireAsync(digest, image, cancellationToken);
        string path = PathOf(digest);
        return new FileInfo(path).Length <= maximumBytes
            ? await File.ReadAllBytesAsync(path, cancellationToken)
            : throw new HearthException("image.corrupt", $"Blob {digest} of image '{image}' is larger than {maximumBytes} bytes, the most allowed.");
    }

    /// <summary>Deletes blobs unless somebody is adding some now. Returns the bytes freed.</summary>
    /// <param name="choose">Called while nobody can add blobs; returns the digests to delete of those given.</param>
    public long Delete(Func<IEnumerable<string>, IEnumerable<string>> choose)
    {
        using FileLock? alone = FileLock.TryAcquire(LockFile);
        if (alone is null || !Directory.Exists(paths.Blobs))
        {
            return 0;
        }

        long freed = 0;
        string[] all = [.. Directory.EnumerateFiles(paths.Blobs).Select(static path => "sha256:" + Path.GetFileName(path))];
        foreach (string digest in choose(all).ToArray())
        {
            var file = new FileInfo(PathOf(digest));
            freed += file.Exists ? file.Length : 0;
            file.Delete();
        }

        return freed;
    }

    /// <summary>Of a small blob: a manifest, a configuration.</summary>
    public static string DigestOf(ReadOnlySpan<byte> content) => "sha256:" + Convert.ToHexStringLower(Sha256.HashData(content));
}
