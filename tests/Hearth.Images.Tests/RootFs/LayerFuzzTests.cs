using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Images.Layers;
using Hearth.Images.Tests.Layers;

namespace Hearth.Images.Tests.RootFs;

/// <summary>Archives damaged at random (the seeds are fixed): each is taken or refused, and nothing else happens.</summary>
public sealed class LayerFuzzTests
{
    private const int Rounds = 400;

    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(60);

    private static readonly byte[] s_whole = TarBytes.Of(tar => tar
        .Directory("d/").File("d/f", new string('x', 700)).HardLink("d/h", "d/f").SymbolicLink("s", "d/f").File("d/.wh.gone", "").File(".wh..wh..opq", "")
        .Entry('g', "global", TarBytes.PaxBody(("comment", "c")))
        .Pax(("path", "long/name"), ("SCHILY.xattr.user.a", "value"), ("mtime", "1.5")).File("x", "y")
        .Entry('L', "././@LongLink", "another/long/name\0"u8.ToArray()).File("x", "y")
        .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "v10"), ("GNU.sparse.realsize", "10"))
        .Entry('0', "sparse", [.. "1\n2\n3\n"u8, .. new byte[506], .. "abc"u8])
        .Pax(("GNU.sparse.size", "10"), ("GNU.sparse.map", "2,2,8,1")).File("v01", "abc"));

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void A_damaged_archive_is_taken_or_refused_and_never_hangs(int seed, bool compressed)
    {
        var random = new Random(seed);
        byte[] whole = compressed ? Compression.Gzip(s_whole) : s_whole;
        var watch = Stopwatch.StartNew();
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] damaged = Damage(whole, random, sealChecksums: !compressed && round % 2 == 0);
            try
            {
                FlatTree.Flatten(new LayerLimits(UnpackedBytes: 1 << 20, Entries: 1000), s_whole, damaged);
            }
            catch (HearthException error)
            {
                error.Code.ShouldBe("layer.invalid");
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(Rounds / 4);
        watch.Elapsed.ShouldBeLessThan(s_budget);
    }

    private static byte[] Damage(byte[] whole, Random random, bool sealChecksums)
    {
        byte[] bytes = [.. whole];
        for (int flips = random.Next(1, 6); flips > 0; flips--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        if (random.Next(8) == 0)
        {
            return bytes[..random.Next(bytes.Length)];
        }

        for (int block = 0; sealChecksums && block + 512 <= bytes.Length; block += 512)
        {
            // Headers with a true checksum get past the first check, where the interesting ones are.
            if (bytes.AsSpan(block + 257, 5).SequenceEqual("ustar"u8))
            {
                long sum = TarBlock.Sums(bytes.AsSpan(block, 512)).Unsigned;
                TarBytes.Put(bytes, block + 148, 8, TarBytes.Octal(sum, 6) + "\0 ");
            }
        }

        return bytes;
    }
}
