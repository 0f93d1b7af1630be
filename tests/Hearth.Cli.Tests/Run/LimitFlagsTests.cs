using System.CommandLine;
using Hearth.Cli.Run;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Tests.Run;

public sealed class LimitFlagsTests
{
    [Fact]
    public void All_limits_reach_the_spec()
    {
        VmSpec spec = Spec("--no-swap", "--memory-max", "640M", "--cpu-weight", "10000", "--pids-max", "9");

        spec.Limits.ShouldBe(new VmLimits { NoSwap = true, MemoryMaxBytes = 640L << 20, CpuWeight = 10000, PidsMax = 9 });
        (spec.HugePages, spec.Template).ShouldBe((false, true));
    }

    [Fact]
    public void Without_the_options_there_are_no_limits() => Spec("--cpus", "2").Limits.ShouldBeNull();

    [Fact]
    public void A_vm_of_huge_pages_has_no_template()
    {
        VmSpec spec = Spec("--hugepages", "-m", "256M");

        (spec.HugePages, spec.Template, spec.Limits).ShouldBe((true, false, null));
    }

    [Fact]
    public void Huge_pages_are_not_counted_as_memory_of_the_group() => Spec("--hugepages", "--memory-max", "128M").Limits!.MemoryMaxBytes.ShouldBe(128L << 20);

    [Theory]
    [InlineData("--memory-max 639M", "--memory-max 639M: the guest's memory is 512M and the engine needs 128M for itself; the least is 640M.")]
    [InlineData("-m 1G --memory-max 1G", "--memory-max 1G: the guest's memory is 1024M and the engine needs 128M for itself; the least is 1152M.")]
    [InlineData("--hugepages --memory-max 100M", "--memory-max 100M: the engine needs 128M beside the huge pages; the least is 128M.")]
    [InlineData("--memory-max much", "--memory-max much: not a size.")]
    [InlineData("--cpu-weight 0", "--cpu-weight 0: not a weight.")]
    [InlineData("--cpu-weight 10001", "--cpu-weight 10001: not a weight.")]
    [InlineData("--cpu-weight 1.5", "--cpu-weight 1.5: not a weight.")]
    [InlineData("--cpu-weight -5", "--cpu-weight -5: not a weight.")]
    [InlineData("--pids-max 8", "--pids-max 8: too few; a VM with 1 CPU needs 9 threads on the host.")]
    [InlineData("--pids-max 10 -c 2.5", "--pids-max 10: too few; a VM with 3 CPUs needs 11 threads on the host.")]
    [InlineData("--pids-max many", "--pids-max many: not a number.")]
    [InlineData("--hugepages -m 513M", "--hugepages: 525312 KiB of memory are not whole huge pages of 2 MiB.")]
    public void Limits_that_cannot_be_are_refused(string options, string message)
    {
        HearthException error = Should.Throw<HearthException>(() => Spec(options.Split(' ')));

        error.Message.ShouldBe(message);
        error.Hint.ShouldNotBeNullOrEmpty();
    }

    private static VmSpec Spec(params string[] words)
    {
        VmOptions options = new();
        Command command = new("run");
        options.AddTo(command);
        VmFlags flags = FlagReader.Read(options, command.Parse([.. words, "busybox"]), static _ => null);
        return SpecBuilder.Build(flags, new OciImageConfig { Cmd = ["sh"] }, "sha256:0", "brave-fox", DateTimeOffset.UnixEpoch);
    }
}
