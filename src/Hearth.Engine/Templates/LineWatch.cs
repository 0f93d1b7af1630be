using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Hearth.Engine.Templates;

/// <summary>Looks for a line in output that comes in pieces. Not for two threads at once.</summary>
/// <param name="pattern">What the line has in it.</param>
internal sealed class LineWatch(Regex pattern)
{
    /// <summary>Of a longer line only so much is looked at, and kept.</summary>
    public const int MostLineBytes = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly ArrayBufferWriter<byte> _error = new();

    /// <summary>True when the piece ends a line with the pattern in it. What follows that line is not looked at.</summary>
    /// <param name="stderr">Lines of standard error and of standard output are apart.</param>
    /// <param name="piece">What was written.</param>
    public bool Sees(bool stderr, ReadOnlySpan<byte> piece)
    {
        ArrayBufferWriter<byte> line = stderr ? _error : _output;
        while (piece.IndexOf((byte)'\n') is var end && end >= 0)
        {
            Keep(line, piece[..end]);
            string text = Encoding.UTF8.GetString(line.WrittenSpan).TrimEnd('\r');
            line.ResetWrittenCount();
            if (pattern.IsMatch(text))
            {
                return true;
            }

            piece = piece[(end + 1)..];
        }

        Keep(line, piece);
        return false;
    }

    private static void Keep(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> piece) =>
        line.Write(piece[..Math.Min(piece.Length, MostLineBytes - line.WrittenCount)]);
}
