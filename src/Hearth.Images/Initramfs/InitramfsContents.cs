namespace Hearth.Images.Initramfs;

/// <summary>What goes into an initramfs, gathered in any order and written in one.</summary>
internal sealed class InitramfsContents
{
    private const uint ExecutableMode = 0x1ED; // 0755
    private const uint PlainMode = 0x1A4; // 0644

    private readonly SortedDictionary<string, Action<NewcWriter>> _entries = new(StringComparer.Ordinal);

    /// <summary>The kernel opens /dev/console for the first program before that can mount anything.</summary>
    public InitramfsContents()
    {
        AddDirectory("dev");
        _entries["dev/console"] = static writer => writer.AddCharacterDevice("dev/console", 0x180 /* 0600 */, 5, 1);
        _entries["dev/null"] = static writer => writer.AddCharacterDevice("dev/null", 0x1B6 /* 0666 */, 1, 3);
    }

    /// <summary>A directory and those above it.</summary>
    public void AddDirectory(string path)
    {
        for (string? at = path; !string.IsNullOrEmpty(at); at = Path.GetDirectoryName(at))
        {
            string directory = at;
            _entries[directory] = writer => writer.AddDirectory(directory, directory == "tmp" ? 0x3FFu /* 01777 */ : ExecutableMode);
        }
    }

    public void AddFile(string path, ReadOnlyMemory<byte> content, bool executable)
    {
        AddDirectory(Path.GetDirectoryName(path)!);
        _entries[path] = writer => writer.AddFile(path, content.Span, executable ? ExecutableMode : PlainMode);
    }

    public void AddLink(string path, string target)
    {
        AddDirectory(Path.GetDirectoryName(path)!);
        _entries[path] = writer => writer.AddSymbolicLink(path, target);
    }

    /// <summary>In ordinal order of the paths: a directory comes before what is in it.</summary>
    public void WriteTo(Stream output)
    {
        var writer = new NewcWriter(output);
        foreach (Action<NewcWriter> write in _entries.Values)
        {
            write(writer);
        }

        writer.Finish();
    }
}
