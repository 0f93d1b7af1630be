using System.Net.Sockets;

namespace Hearth.Engine.Client;

/// <summary>
/// Addresses of control sockets. A Unix socket's path has at most 107 bytes (unix(7)) and a home may be anywhere, so a socket is
/// reached through an open descriptor of its directory: <c>/proc/self/fd/N/control.sock</c>.
/// </summary>
internal sealed class ControlSocket : IDisposable
{
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _directory;

    public ControlSocket(string path)
    {
        _directory = Hearth.Linux.Files.DirectoryHandle.Open(Path.GetDirectoryName(path)!);
        EndPoint = new UnixDomainSocketEndPoint($"/proc/self/fd/{_directory.DangerousGetHandle()}/{Path.GetFileName(path)}");
    }

    public UnixDomainSocketEndPoint EndPoint { get; }

    public void Dispose() => _directory.Dispose();
}
