using System.Text;
using System.Text.RegularExpressions;
using Hearth.Engine.Templates;

namespace Hearth.Engine.Tests.Templates;

public sealed class LineWatchTests
{
    [Fact]
    public void A_line_is_seen_when_it_ends_however_it_comes_in_pieces()
    {
        byte[] text = "starting\nready to serve\r\nmore\n"u8.ToArray();
        int end = Encoding.ASCII.GetString(text).IndexOf("\r\n", StringComparison.Ordinal) + 2;
        for (int size = 1; size <= text.Length; size++)
        {
            LineWatch watch = Watch("^ready to serve$");
            int seenAt = 0;
            for (int at = 0; at < text.Length && seenAt == 0; at += size)
            {
                seenAt = watch.Sees(false, text.AsSpan(at, Math.Min(size, text.Length - at))) ? Math.Min(at + size, text.Length) : 0;
            }

            seenAt.ShouldBeInRange(end, end + size - 1, $"pieces of {size}");
        }
    }

    [Fact]
    public void Lines_of_output_and_of_errors_are_apart()
    {
        LineWatch watch = Watch("^ready$");

        watch.Sees(false, "rea"u8).ShouldBeFalse();
        watch.Sees(true, "dy\n"u8).ShouldBeFalse();
        watch.Sees(true, "ready\n"u8).ShouldBeTrue();
        watch.Sees(false, "dy\n"u8).ShouldBeTrue();
    }

    [Fact]
    public void Of_a_line_without_end_only_the_start_is_kept()
    {
        LineWatch watch = Watch("^x+$");
        byte[] piece = new byte[LineWatch.MostLineBytes];
        piece.AsSpan().Fill((byte)'x');
        for (int i = 0; i < 100; i++)
        {
            watch.Sees(false, piece).ShouldBeFalse();
        }

        watch.Sees(false, "y\n"u8).ShouldBeTrue();
    }

    [Fact]
    public void Bytes_that_are_no_text_do_no_harm() => Watch("^ready").Sees(false, [0xff, 0xfe, 0, (byte)'\n', .. "ready\n"u8]).ShouldBeTrue();

    private static LineWatch Watch(string pattern) => new(new Regex(pattern, RegexOptions.NonBacktracking));
}
