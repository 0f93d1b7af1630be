using System.Security.Cryptography;
using System.Text;
using Hearth.Core.Hashing;

namespace Hearth.Core.Tests.Hashing;

public sealed class Sha256Tests
{
    /// <summary>FIPS 180-4's examples.</summary>
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void A_text_has_the_standards_digest(string text, string digest) =>
        Convert.ToHexStringLower(Sha256.HashData(Encoding.ASCII.GetBytes(text))).ShouldBe(digest);

    [Fact]
    public void Every_length_around_a_blocks_end_is_as_the_systems()
    {
        byte[] data = new byte[300];
        new Random(1).NextBytes(data);
        for (int length = 0; length <= data.Length; length++)
        {
            Sha256.HashData(data.AsSpan(0, length)).ShouldBe(SHA256.HashData(data.AsSpan(0, length)), $"{length} bytes");
        }
    }

    [Fact]
    public void Random_bytes_differ_and_numbers_are_within_their_bound()
    {
        SystemRandom.GetBytes(32).ShouldNotBe(SystemRandom.GetBytes(32));
        int[] numbers = [.. Enumerable.Range(0, 500).Select(static _ => SystemRandom.GetInt32(3))];
        numbers.Distinct().Order().ShouldBe([0, 1, 2]);
    }
}
