using System.Text.Json;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Hashing;
using Hearth.Core.Naming;
using Hearth.Core.Storage;
using Hearth.Linux.Files;

namespace Hearth.Engine.Pools;

/// <summary>The pools of a home: one for an image name.</summary>
public sealed class PoolStore(HearthPaths paths)
{
    private const string Suffix = ".json";

    /// <summary>32 hexadecimal digits for an image's name; with and without <c>:latest</c> it is the same one.</summary>
    public static string KeyOf(string image)
    {
        const string Latest = ":latest";
        string plain = image.EndsWith(Latest, StringComparison.Ordinal) ? image[..^Latest.Length] : image;
        return Convert.ToHexStringLower(Sha256.HashData(Encoding.UTF8.GetBytes(plain)))[..32];
    }

    public static bool IsKey(string text) => text.Length == 32 && VmId.IsPrefix(text);

    /// <summary>All pools, by image.</summary>
    /// <exception cref="HearthException"><c>pool.newer</c>, <c>pool.corrupt</c>.</exception>
    public IReadOnlyList<PoolWish> List() =>
        [.. Directory.EnumerateFiles(paths.Pools, "*" + Suffix).Select(TryRead).OfType<PoolWish>().OrderBy(static wish => wish.Image, StringComparer.Ordinal)];

    /// <summary>The pool of that key; null when there is none.</summary>
    /// <exception cref="HearthException"><c>pool.newer</c>, <c>pool.corrupt</c>.</exception>
    public PoolWish? Find(string key) => TryRead(FileOf(key));

    /// <exception cref="HearthException"><c>pool.not-found</c>, and as <see cref="Find"/>.</exception>
    public PoolWish Require(string image) => Find(KeyOf(image))
        ?? throw new HearthException("pool.not-found", $"There is no pool of {image}.", "'hearth pool ls' lists them.", 1);

    public void Write(PoolWish wish) => AtomicFile.Write(FileOf(wish.Key), JsonSerializer.SerializeToUtf8Bytes(wish, PoolJson.Default.PoolWish));

    /// <summary>Forgets a wish; its spares are another matter.</summary>
    public void Remove(string key) => File.Delete(FileOf(key));

    private string FileOf(string key) => Path.Combine(paths.Pools, key + Suffix);

    private static PoolWish? TryRead(string path)
    {
        try
        {
            PoolWish wish = JsonSerializer.Deserialize(File.ReadAllBytes(path), PoolJson.Default.PoolWish) ?? throw new JsonException("null");
            return wish.Version <= PoolWish.CurrentVersion
                ? wish
                : throw new HearthException(
                    "pool.newer", $"{path} has format {wish.Version}; this hearth knows up to {PoolWish.CurrentVersion}.", "Use the newer hearth that made it.");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new HearthException("pool.corrupt", $"{path} cannot be read: {e.Message}", "Remove it, and set the pool again.", inner: e);
        }
    }
}
