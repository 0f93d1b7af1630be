using System.Diagnostics;
using System.Text;

namespace Hearth.Posix.Scenes;

/// <summary>A program that reads one byte from its standard input and ends with exit code 7: a static ELF file of 0x98 bytes, run from the file system.</summary>
internal sealed class TinyProgram : IDisposable
{
    private readonly Process _process;

    private TinyProgram(string name, Process process)
    {
        Name = name;
        _process = process;
    }

    public string Name { get; }

    /// <summary>Writes the program and starts it. Skips the case where programs cannot be run from the file system.</summary>
    public static TinyProgram Start(Scene scene)
    {
        if (!scene.RunsPrograms)
        {
            Skip("the mount runs no programs (noexec)");
        }
        string name = Write(scene);
        Process process = Process.Start(new ProcessStartInfo(Path.Combine(Text(scene.Directory), name)) { RedirectStandardInput = true, UseShellExecute = false })
            ?? throw new InvalidOperationException("no process");
        return new TinyProgram(name, process);
    }

    /// <summary>A new file with the program in it, mode 0755.</summary>
    public static string Write(Scene scene)
    {
        string name = scene.Fresh();
        int descriptor = scene.Open(name, O_CREAT | O_EXCL | O_WRONLY, 755);
        byte[] image = Image();
        scene.Equal(image.Length, (int)write(descriptor, image), "write the program");
        scene.Close(descriptor);
        return name;
    }

    /// <summary>Lets the program end. Answers its exit code.</summary>
    public int Finish()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private static string Text(string bytes) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));

    /// <summary>elf(5): a header of 64 bytes, one loaded segment (56 bytes), and the code.</summary>
    private static byte[] Image()
    {
        byte[] code =
        [
            0x31, 0xC0, 0x31, 0xFF, // read(0,
            0x48, 0x83, 0xEC, 0x10, 0x48, 0x89, 0xE6, // a byte on the stack,
            0xBA, 1, 0, 0, 0, 0x0F, 0x05, // 1)
            0xBF, 7, 0, 0, 0, 0xB8, 60, 0, 0, 0, 0x0F, 0x05, // exit(7)
        ];
        const long Base = 0x400000, CodeOffset = 0x78;
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((short)2); // ET_EXEC
        writer.Write((short)62); // EM_X86_64
        writer.Write(1);
        writer.Write(Base + CodeOffset);
        writer.Write(64L); // program headers
        writer.Write(0L);
        writer.Write(0);
        foreach (short field in new short[] { 64, 56, 1, 64, 0, 0 })
        {
            writer.Write(field);
        }
        writer.Write(1); // PT_LOAD
        writer.Write(5); // readable and executable
        foreach (long field in new[] { 0, Base, Base, CodeOffset + code.Length, CodeOffset + code.Length, 0x1000 })
        {
            writer.Write(field);
        }
        writer.Write(code);
        return stream.ToArray();
    }
}
