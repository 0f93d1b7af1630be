using System.Globalization;
using System.Text;
using Hearth.Core.Hashing;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Snapshots;

/// <summary>What a saved device state depends on besides the guest itself: the VMM's program and, under KVM, the CPU.</summary>
public static class HostIdentity
{
    /// <summary>Twelve hexadecimal digits; equal where a state can be loaded that was saved there.</summary>
    /// <remarks>The program's size and time stand for its version: asking it costs 30 ms.</remarks>
    public static string Of(AccelDecision accel)
    {
        StringBuilder text = new();
        if (QemuEngine.FindBinary() is { } binary)
        {
            FileInfo file = new(File.ResolveLinkTarget(binary, returnFinalTarget: true)?.FullName ?? binary);
            text.Append(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}\n");
        }

        if (accel.UseKvm)
        {
            foreach (string line in File.ReadLines("/proc/cpuinfo").TakeWhile(static l => l.Length > 0).Where(IsOfCpu))
            {
                text.Append(line).Append('\n');
            }
        }

        return Convert.ToHexStringLower(Sha256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..12];
    }

    private static bool IsOfCpu(string line) => line.StartsWith("model name", StringComparison.Ordinal) || line.StartsWith("flags", StringComparison.Ordinal);
}
