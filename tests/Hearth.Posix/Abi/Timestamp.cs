using System.Runtime.InteropServices;

namespace Hearth.Posix.Abi;

/// <summary><c>struct timespec</c>: seconds and nanoseconds.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Timestamp(long Seconds, long Nanoseconds) : IComparable<Timestamp>
{
    public static readonly Timestamp Now = new(0, Flags.UTIME_NOW);
    public static readonly Timestamp Omit = new(0, Flags.UTIME_OMIT);

    public int CompareTo(Timestamp other) =>
        Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanoseconds.CompareTo(other.Nanoseconds);

    public static bool operator <(Timestamp a, Timestamp b) => a.CompareTo(b) < 0;
    public static bool operator >(Timestamp a, Timestamp b) => a.CompareTo(b) > 0;
    public static bool operator <=(Timestamp a, Timestamp b) => a.CompareTo(b) <= 0;
    public static bool operator >=(Timestamp a, Timestamp b) => a.CompareTo(b) >= 0;

    public override string ToString() => $"{Seconds}.{Nanoseconds:D9}";
}
