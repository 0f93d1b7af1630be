using System.Text;

namespace Hearth.Images.Tests.Layers;

/// <summary>Archives made byte by byte, so that tests can also make those no tool would write.</summary>
internal sealed class TarBytes
{
    private readonly List<byte> _bytes = [];

    public static byte[] Of(Action<TarBytes> fill)
    {
        var archive = new TarBytes();
        fill(archive);
        archive._bytes.AddRange(new byte[1024]);
        return [.. archive._bytes];
    }

    public static byte[] WithoutEnd(Action<TarBytes> fill)
    {
        var archive = new TarBytes();
        fill(archive);
        return [.. archive._bytes];
    }

    public TarBytes File(string name, string content, int mode = 0x1a4) => Entry('0', name, Encoding.Latin1.GetBytes(content), mode: mode);

    public TarBytes Directory(string name, int mode = 0x1ed, int owner = 0) => Entry('5', name, [], mode: mode, owner: owner);

    public TarBytes HardLink(string name, string target) => Entry('1', name, [], target);

    public TarBytes SymbolicLink(string name, string target) => Entry('2', name, [], target);

    public TarBytes Pax(params (string Keyword, string Value)[] records) => Entry('x', "pax", PaxBody(records));

    public static byte[] PaxBody(params (string Keyword, string Value)[] records)
    {
        var body = new StringBuilder();
        foreach ((string keyword, string value) in records)
        {
            string rest = $" {keyword}={value}\n";
            int length = rest.Length + 1;
            while ($"{length}".Length + rest.Length != length)
            {
                length++;
            }

            body.Append(length).Append(rest);
        }

        return Encoding.Latin1.GetBytes(body.ToString());
    }

    public TarBytes Entry(
        char type, string name, byte[] content, string link = "", int mode = 0x1a4, int owner = 0, string? size = null, Action<byte[]>? change = null)
    {
        byte[] block = new byte[512];
        Put(block, 0, 100, name);
        Put(block, 100, 8, Octal(mode, 7));
        Put(block, 108, 8, Octal(owner, 7));
        Put(block, 116, 8, Octal(owner, 7));
        Put(block, 124, 12, size ?? Octal(content.Length, 11));
        Put(block, 136, 12, Octal(1234567890, 11));
        block[156] = (byte)type;
        Put(block, 157, 100, link);
        Put(block, 257, 8, "ustar\u000000");
        change?.Invoke(block);
        Seal(block);
        _bytes.AddRange(block);
        _bytes.AddRange(content);
        _bytes.AddRange(new byte[-content.Length & 511]);
        return this;
    }

    public TarBytes Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public static string Octal(long value, int digits) => Convert.ToString(value, 8).PadLeft(digits, '0');

    public static void Put(byte[] block, int offset, int length, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(block.AsSpan(offset));
    }

    private static void Seal(byte[] block)
    {
        block.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in block)
        {
            sum += value;
        }

        Put(block, 148, 8, Octal(sum, 6) + "\0 ");
    }
}
