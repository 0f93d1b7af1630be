namespace Hearth.Bench.Floors;

/// <summary>Where a bare machine stands when that is not this program's own surroundings.</summary>
/// <param name="Program">Starts QEMU, which it is given with all its arguments behind <paramref name="Arguments"/>.</param>
/// <param name="Arguments">Its own.</param>
/// <param name="Interface">What stands behind <c>-netdev tap,id=net0,</c>: the guest's interface, as QEMU finds it there.</param>
internal sealed record BareLaunch(string Program, IReadOnlyList<string> Arguments, string Interface);
