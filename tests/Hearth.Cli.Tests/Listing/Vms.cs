using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Cli.Tests.Listing;

/// <summary>VMs made from nothing but their records.</summary>
internal static class Vms
{
    public static DateTimeOffset Now { get; } = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero);

    public static VmModel Make(string name, VmStatus status, int minutesOld = 10, int exitCode = 0, string image = "alpine", string? labels = null)
    {
        char digit = name[0];
        return new VmModel(
            new VmSpec
            {
                Id = new string(char.IsAsciiHexDigitLower(digit) ? digit : '0', 64),
                Name = name,
                Created = Now - TimeSpan.FromMinutes(minutesOld),
                Image = image,
                ImageId = "sha256:" + new string('e', 64),
                Container = new ContainerSpec { Process = new ProcessSpec { Args = ["sh", "-c", "sleep 1000000"] }, Hostname = name },
                Labels = labels is null ? new Dictionary<string, string>() : labels.Split(',').ToDictionary(static l => l.Split('=')[0], static l => l.Split('=')[1]),
            },
            new VmState
            {
                Status = status,
                StartedAt = Now - TimeSpan.FromMinutes(5),
                FinishedAt = status == VmStatus.Exited ? Now - TimeSpan.FromMinutes(3) : null,
                ExitCode = status == VmStatus.Exited ? exitCode : null,
                Engine = "qemu/tcg",
                StartStages = new Dictionary<string, double> { ["boot"] = 812.345 },
            },
            "/home/vms/" + name);
    }
}
