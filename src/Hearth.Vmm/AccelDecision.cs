using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Vmm;

/// <summary>Which accelerator is used, and why: <c>hearth doctor</c> shows both.</summary>
/// <param name="UseKvm">Hardware virtualisation; otherwise software emulation.</param>
/// <param name="Reason">A clause: "/dev/kvm is usable and the CPU has svm".</param>
public sealed record AccelDecision(bool UseKvm, string Reason)
{
    /// <summary>
    /// Chooses by what was found. A /dev/kvm that opens is not enough: a paravirtual KVM without vmx or svm accepts a VM and
    /// then never gets through the boot of an ordinary kernel, so the CPU flag is required as well.
    /// </summary>
    /// <exception cref="HearthException"><c>accel.unusable</c>: KVM was asked for and cannot even be opened.</exception>
    public static AccelDecision Choose(AccelChoice choice, KvmFacts facts) => choice switch
    {
        AccelChoice.Tcg => new AccelDecision(false, "software emulation was asked for"),
        AccelChoice.Kvm when facts.OpenError is { } error => throw new HearthException(
            "accel.unusable", $"KVM was asked for, but /dev/kvm cannot be used: {error}.", "Join the group that owns /dev/kvm, or use --accel tcg."),
        AccelChoice.Kvm => new AccelDecision(true, "KVM was asked for"),
        _ when facts.OpenError is { } error => new AccelDecision(false, $"/dev/kvm cannot be used: {error}"),
        _ when facts.CpuFlag is null => new AccelDecision(false, "/dev/kvm opens, but the CPU shows neither vmx nor svm: it cannot run ordinary kernels"),
        _ => new AccelDecision(true, $"/dev/kvm is usable and the CPU has {facts.CpuFlag}"),
    };
}

/// <summary>What was found of KVM on this host.</summary>
/// <param name="OpenError">Why /dev/kvm cannot be opened for reading and writing; null when it can.</param>
/// <param name="CpuFlag"><c>vmx</c> or <c>svm</c>, from /proc/cpuinfo; null for neither.</param>
public sealed record KvmFacts(string? OpenError, string? CpuFlag)
{
    public static KvmFacts Probe()
    {
        string? error = null;
        try
        {
            File.OpenHandle("/dev/kvm", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        }
        catch (FileNotFoundException)
        {
            error = "there is none";
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            error = e is UnauthorizedAccessException ? "permission denied" : e.Message;
        }

        if (error is null && Environment.IsPrivilegedProcess && (File.GetUnixFileMode("/dev/kvm") & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0)
        {
            error = "only root may open it, and VMMs do not run as root ('chmod 0660 /dev/kvm' lets its group)";
        }

        string flags = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static l => l.StartsWith("flags", StringComparison.Ordinal)) ?? "";
        string[] words = flags.Split(' ');
        return new KvmFacts(error, words.Contains("vmx") ? "vmx" : words.Contains("svm") ? "svm" : null);
    }
}
