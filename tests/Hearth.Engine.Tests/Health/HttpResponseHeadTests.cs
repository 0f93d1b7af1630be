using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Engine.Health;

namespace Hearth.Engine.Tests.Health;

public sealed class HttpResponseHeadTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "OK", 5L)]
    [InlineData("HTTP/1.0 204\r\n\r\n", 204, "", null)]
    [InlineData("HTTP/1.1 503 Not yet\nContent-length:7\nX: y\n\n", 503, "Not yet", 7L)]
    [InlineData("HTTP/1.1 200 \r\nA: b\r\nCONTENT-LENGTH: \t12 \r\n\r\n", 200, "", 12L)]
    [InlineData("HTTP/1.1 301 \u0001\u0002\r\nContent-Length: -1\r\n\r\n", 301, "??", null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 200, "OK", null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", 200, "OK", null)]
    public void A_head_is_read_whole(string text, int status, string reason, long? length)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);

        HttpResponseHead.TryRead(bytes, out HttpResponseHead head).ShouldBeTrue();

        (head.Status, head.Reason, head.ContentLength).ShouldBe((status, reason, length));
        text[..head.Length].ShouldEndWith("\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HT")]
    [InlineData("HTTP/1.1 200 OK")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n\r")]
    public void One_that_is_not_complete_needs_more(string text) => HttpResponseHead.TryRead(Encoding.Latin1.GetBytes(text), out _).ShouldBeFalse();

    [Theory]
    [InlineData("SSH-2.0-x\r\n")]
    [InlineData("HTTP/2 200\r\n\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 +20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1\r\n\r\n")]
    [InlineData("HTTP/1.x 200 OK\r\n\r\n")]
    public void What_is_no_head_is_refused(string text) => Should.Throw<InvalidDataException>(() => HttpResponseHead.TryRead(Encoding.Latin1.GetBytes(text), out _));

    [Fact]
    public void One_without_an_end_is_refused_at_its_bound()
    {
        byte[] bytes = new byte[HttpResponseHead.MostBytes];
        Array.Fill(bytes, (byte)'a');
        "HTTP/1.1 200 OK\r\n"u8.CopyTo(bytes);

        HttpResponseHead.TryRead(bytes.AsSpan(0, bytes.Length - 1), out _).ShouldBeFalse();
        Should.Throw<InvalidDataException>(() => HttpResponseHead.TryRead(bytes, out _)).Message.ShouldBe("the answer's head is longer than 16384 bytes");
    }

    [Fact]
    public void Any_bytes_give_a_head_or_a_refusal_and_pieces_give_what_the_whole_gives()
    {
        byte[][] seeds = [.. ((string[])["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.0 404 x\n\n", "HTTP/1.1 ", "\r\n\r\n"]).Select(Encoding.Latin1.GetBytes)];
        Prop.ForAll(
            ArbMap.Default.ArbFor<(byte Seed, byte[] Noise, ushort At, bool Replaces)>(),
            given =>
            {
                byte[] seed = seeds[given.Seed % seeds.Length];
                int at = given.At % (seed.Length + 1);
                int behind = given.Replaces ? Math.Min(seed.Length, at + given.Noise.Length) : at;
                byte[] bytes = [.. seed[..at], .. given.Noise, .. seed[behind..]];
                (bool? Complete, HttpResponseHead Head) whole = Read(bytes);
                (bool? Complete, HttpResponseHead Head) pieces = (false, default);
                for (int length = 0; length <= bytes.Length && pieces.Complete == false; length++)
                {
                    pieces = Read(bytes.AsSpan(0, length));
                }

                pieces.ShouldBe(whole);
                if (whole.Complete == true)
                {
                    whole.Head.Status.ShouldBeInRange(100, 999);
                    whole.Head.Length.ShouldBeInRange(1, bytes.Length);
                    whole.Head.Reason.ShouldAllBe(c => c >= ' ' && c < '\x7f');
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    /// <summary>Null is a refusal.</summary>
    private static (bool? Complete, HttpResponseHead Head) Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return (HttpResponseHead.TryRead(bytes, out HttpResponseHead head), head);
        }
        catch (InvalidDataException)
        {
            return (null, default);
        }
    }
}
