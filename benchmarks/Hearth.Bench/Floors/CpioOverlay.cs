using System.Globalization;
using System.Text;

namespace Hearth.Bench.Floors;

/// <summary>
/// An initramfs with another <c>/init</c>: the kernel unpacks archives that follow each other (initramfs(5), "newc"), a later
/// file replacing an earlier one of its name.
/// </summary>
internal static class CpioOverlay
{
    private const int Alignment = 4;
    private const uint RegularExecutable = 0x81ED; // S_IFREG | 0755

    /// <summary>Copies <paramref name="basis"/> to <paramref name="result"/> and replaces its first program.</summary>
    public static void Write(string basis, string result, string init)
    {
        File.Copy(basis, result, overwrite: true);
        using FileStream output = new(result, FileMode.Append);
        Pad(output);
        AddEntry(output, "init", RegularExecutable, Encoding.UTF8.GetBytes(init));
        AddEntry(output, "TRAILER!!!", 0, []);
    }

    private static void AddEntry(FileStream output, string name, uint mode, byte[] content)
    {
        // inode, mode, uid, gid, links, time, size, device major and minor, node major and minor, length of the name, checksum.
        ReadOnlySpan<uint> fields = [0, mode, 0, 0, 1, 0, (uint)content.Length, 0, 0, 0, 0, (uint)name.Length + 1, 0];
        StringBuilder header = new("070701");
        foreach (uint field in fields)
        {
            header.Append(field.ToString("X8", CultureInfo.InvariantCulture));
        }

        output.Write(Encoding.ASCII.GetBytes($"{header}{name}\0"));
        Pad(output);
        output.Write(content);
        Pad(output);
    }

    private static void Pad(FileStream output)
    {
        while (output.Position % Alignment != 0)
        {
            output.WriteByte(0);
        }
    }
}
