using System.Net.Sockets;

namespace Hearth.Vmm.Qemu;

/// <summary>
/// Writes what a guest's serial console says to a file, and no more of it than <see cref="MaxBytes"/>: the file starts anew
/// then, because the end is what tells why a guest died. A container may write to the console as it likes.
/// </summary>
internal static class ConsoleLog
{
    public const long MaxBytes = 1 << 20;

    /// <summary>Copies until the VMM closes its end. The task never fails: a full disk ends the log, not the VM.</summary>
    public static Task Start(Socket console, string path)
    {
        FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        return CopyAsync(console, file);
    }

    private static async Task CopyAsync(Socket console, FileStream file)
    {
        using NetworkStream input = new(console, ownsSocket: true);
        await using FileStream output = file;
        byte[] buffer = new byte[4096];
        bool writing = true;
        try
        {
            for (int got; (got = await input.ReadAsync(buffer)) > 0;)
            {
                writing = writing && await TryWriteAsync(output, buffer.AsMemory(0, got));
            }
        }
        catch (IOException)
        {
            // The VMM was killed with bytes under way.
        }
    }

    private static async Task<bool> TryWriteAsync(FileStream output, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            if (output.Length + bytes.Length > MaxBytes)
            {
                output.SetLength(0);
            }

            await output.WriteAsync(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
