using Microsoft.Win32.SafeHandles;

namespace Hearth.Fuse.Nodes;

/// <summary>A descriptor that stays open until this is disposed, whoever gives it up meanwhile; or why there is none.</summary>
internal readonly ref struct HandleLease
{
    private readonly SafeFileHandle? _handle;
    private readonly bool _isLast;

    /// <param name="handle">Open.</param>
    /// <param name="isLast">It is open for this use alone.</param>
    public HandleLease(SafeFileHandle handle, bool isLast = false)
    {
        _isLast = isLast;
        bool added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
        Fd = (int)handle.DangerousGetHandle();
    }

    public HandleLease(int error)
    {
        Error = error;
        Fd = -1;
    }

    /// <summary>errno(3), or 0.</summary>
    public int Error { get; }

    public int Fd { get; }

    public void Dispose()
    {
        _handle?.DangerousRelease();
        if (_isLast)
        {
            _handle?.Dispose();
        }
    }
}
