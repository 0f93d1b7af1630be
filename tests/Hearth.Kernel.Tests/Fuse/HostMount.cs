using Hearth.Fuse.Server;
using Hearth.Fuse.Watch;
using Hearth.Linux;
using Hearth.Linux.Abi;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Guest;
using Hearth.Linux.Mounts;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Kernel.Tests.Fuse;

/// <summary>A tree served to this host's own kernel: what a guest's kernel asks for, without a guest.</summary>
internal sealed unsafe class HostMount : IDisposable
{
    private readonly SafeFileHandle _device;
    private readonly List<Thread> _threads = [];
    private readonly NotificationQueue? _notices;
    private readonly HostWatch? _watch;

    public HostMount(string source, string target, ShareOptions? options = null, int threads = 4, bool follow = true)
    {
        Target = target;
        Server = new FuseServer(options ?? new ShareOptions(source) { Devices = true });
        int fd = Libc.open_path("/dev/fuse", Fcntl.O_RDWR | Fcntl.O_CLOEXEC);
        _device = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("open", "/dev/fuse");
        if (follow)
        {
            _notices = new NotificationQueue(message => FuseDevice.Write(_device, message)) { Overflowed = Server.CompareAll };
            _watch = new HostWatch();
            Server.Follow(_watch, _notices);
        }

        if (Server.IsFile)
        {
            File.WriteAllText(target, "");
        }
        else
        {
            Directory.CreateDirectory(target);
        }

        FileSystems.Mount("hearth", target, "fuse", options?.ReadOnly == true ? MountFlags.ReadOnly : MountFlags.None, $"fd={fd},rootmode={(Server.IsFile ? "100000" : "40000")},user_id=0,group_id=0,allow_other,default_permissions");

        for (int i = 0; i < threads; i++)
        {
            Thread thread = new(Serve, 512 << 10) { IsBackground = true, Name = "fuse" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    public string Target { get; }

    public FuseServer Server { get; }

    public static string? Obstacle() =>
        !Hearth.Linux.Processes.ProcessTable.IsRoot ? "only root mounts" : !File.Exists("/dev/fuse") ? "there is no /dev/fuse" : null;

    public void Dispose()
    {
        const int Detach = 2; // MNT_DETACH
        _ = Libc.umount2(Target, Detach);
        foreach (Thread thread in _threads)
        {
            thread.Join(TimeSpan.FromSeconds(10)).ShouldBeTrue("a thread of the file server did not end with its mount");
        }

        _notices?.Dispose();
        _device.Dispose();
        Server.Dispose();
        _watch?.Dispose();
    }

    private void Serve()
    {
        ServerThread.Prepare();
        byte[] request = GC.AllocateUninitializedArray<byte>(Server.MaxRequestBytes, pinned: true);
        byte[] answer = GC.AllocateUninitializedArray<byte>(Server.MaxReplyBytes, pinned: true);
        fixed (byte* input = request, output = answer)
        {
            while (true)
            {
                nint read = Libc.read(_device, input, request.Length);
                if (read < 0)
                {
                    int errno = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
                    if (errno is Errno.EINTR or Errno.ENOENT or Errno.EAGAIN)
                    {
                        continue;
                    }

                    return; // ENODEV: unmounted.
                }

                int length = Server.Handle(request.AsSpan(0, (int)read), answer);
                length.ShouldBeGreaterThanOrEqualTo(0);
                if (length > 0)
                {
                    _ = Libc.write(_device, output, length);
                }
            }
        }
    }
}
