using System.Text;

namespace Hearth.Images.Layers;

/// <summary>Records of a PAX extended header (POSIX.1-2001, pax: "length keyword=value newline"). Values are raw bytes.</summary>
internal static class PaxRecords
{
    public const string AttributePrefix = "SCHILY.xattr.";

    /// <summary>Appends the records to <paramref name="records"/> in order (sparse format 0.0 repeats keywords); false when malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, List<KeyValuePair<string, byte[]>> records)
    {
        while (!body.IsEmpty)
        {
            int space = body.IndexOf((byte)' ');
            if (space is < 1 or > 9 || !TryDecimal(body[..space], out long length) || length > body.Length || length < space + 3)
            {
                return false;
            }

            ReadOnlySpan<byte> record = body[(space + 1)..(int)length];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1 || record[^1] != (byte)'\n')
            {
                return false;
            }

            records.Add(new(Encoding.Latin1.GetString(record[..equals]), record[(equals + 1)..^1].ToArray()));
            body = body[(int)length..];
        }

        return true;
    }

    /// <summary>Appends one record; its length counts its own digits.</summary>
    public static void Append(List<byte> body, string keyword, ReadOnlySpan<byte> value)
    {
        int rest = keyword.Length + value.Length + 3;
        int length = rest + Digits(rest);
        length = rest + Digits(length);
        body.AddRange(Encoding.Latin1.GetBytes($"{length} {keyword}="));
        body.AddRange(value);
        body.Add((byte)'\n');
    }

    public static bool TryDecimal(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 18)
        {
            return false;
        }

        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return true;
    }

    /// <summary>The whole seconds of a time such as <c>-1.5</c> or <c>1700000000.25</c>, rounded down.</summary>
    public static bool TrySeconds(ReadOnlySpan<byte> text, out long seconds)
    {
        bool negative = text.StartsWith("-"u8);
        text = negative ? text[1..] : text;
        int point = text.IndexOf((byte)'.');
        ReadOnlySpan<byte> fraction = point < 0 ? [] : text[(point + 1)..];
        if (!TryDecimal(point < 0 ? text : text[..point], out seconds) || fraction.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return false;
        }

        seconds = negative ? -seconds - (fraction.IndexOfAnyExcept((byte)'0') >= 0 ? 1 : 0) : seconds;
        return true;
    }

    private static int Digits(int number)
    {
        int digits = 1;
        while ((number /= 10) > 0)
        {
            digits++;
        }

        return digits;
    }
}
