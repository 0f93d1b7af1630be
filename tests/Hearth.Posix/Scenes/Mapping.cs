namespace Hearth.Posix.Scenes;

/// <summary>A mapping of a file, until disposed.</summary>
internal sealed unsafe class Mapping : IDisposable
{
    private readonly long _address;
    private readonly int _length;

    public Mapping(Scene scene, int descriptor, int length, int protection, int flags, long offset = 0)
    {
        _length = length;
        _address = scene.Must(mmap(descriptor, length, protection, flags, offset), "mmap");
    }

    // SAFETY: the mapping is there until Dispose; no caller keeps the span beyond the statement, or touches it past the end of the file.
    public Span<byte> Bytes => new((void*)_address, _length);

    public long Sync() => msync(_address, _length, MS_SYNC);

    public void Dispose() => _ = munmap(_address, _length);
}
