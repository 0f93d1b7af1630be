using System.Security.Cryptography;

namespace Hearth.Images.Store;

/// <summary>SHA-256 of whole files.</summary>
public static class FileDigest
{
    private const int BufferBytes = 1 << 20;

    /// <summary>64 hexadecimal digits.</summary>
    public static async Task<string> OfAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }
}
