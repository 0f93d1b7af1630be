using System.Globalization;

namespace Hearth.Posix.Abi;

/// <summary>Error numbers of include/uapi/asm-generic/errno.h.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int EBADF = 9;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EFAULT = 14;
    public const int ENOTBLK = 15;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int EXDEV = 18;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int EISDIR = 21;
    public const int EINVAL = 22;
    public const int ENOTTY = 25;
    public const int ETXTBSY = 26;
    public const int EFBIG = 27;
    public const int ENOSPC = 28;
    public const int ESPIPE = 29;
    public const int EROFS = 30;
    public const int EMLINK = 31;
    public const int EPIPE = 32;
    public const int ERANGE = 34;
    public const int EDEADLK = 35;
    public const int ENAMETOOLONG = 36;
    public const int ENOSYS = 38;
    public const int ENOTEMPTY = 39;
    public const int ELOOP = 40;
    public const int ENODATA = 61;
    public const int EOVERFLOW = 75;
    public const int EOPNOTSUPP = 95;
    public const int ESTALE = 116;
    public const int EDQUOT = 122;

    /// <summary>A result of <see cref="Kernel"/> for a reader: the name of the error, or the number.</summary>
    public static string Describe(long result) => result switch
    {
        -EPERM => nameof(EPERM),
        -ENOENT => nameof(ENOENT),
        -EINTR => nameof(EINTR),
        -EIO => nameof(EIO),
        -ENXIO => nameof(ENXIO),
        -EBADF => nameof(EBADF),
        -EAGAIN => nameof(EAGAIN),
        -ENOMEM => nameof(ENOMEM),
        -EACCES => nameof(EACCES),
        -EFAULT => nameof(EFAULT),
        -ENOTBLK => nameof(ENOTBLK),
        -EBUSY => nameof(EBUSY),
        -EEXIST => nameof(EEXIST),
        -EXDEV => nameof(EXDEV),
        -ENODEV => nameof(ENODEV),
        -ENOTDIR => nameof(ENOTDIR),
        -EISDIR => nameof(EISDIR),
        -EINVAL => nameof(EINVAL),
        -ENOTTY => nameof(ENOTTY),
        -ETXTBSY => nameof(ETXTBSY),
        -EFBIG => nameof(EFBIG),
        -ENOSPC => nameof(ENOSPC),
        -ESPIPE => nameof(ESPIPE),
        -EROFS => nameof(EROFS),
        -EMLINK => nameof(EMLINK),
        -EPIPE => nameof(EPIPE),
        -ERANGE => nameof(ERANGE),
        -EDEADLK => nameof(EDEADLK),
        -ENAMETOOLONG => nameof(ENAMETOOLONG),
        -ENOSYS => nameof(ENOSYS),
        -ENOTEMPTY => nameof(ENOTEMPTY),
        -ELOOP => nameof(ELOOP),
        -ENODATA => nameof(ENODATA),
        -EOVERFLOW => nameof(EOVERFLOW),
        -EOPNOTSUPP => nameof(EOPNOTSUPP),
        -ESTALE => nameof(ESTALE),
        -EDQUOT => nameof(EDQUOT),
        _ => result.ToString(CultureInfo.InvariantCulture),
    };
}
