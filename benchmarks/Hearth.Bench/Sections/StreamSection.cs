using System.Diagnostics;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections;

/// <summary>Output from the container to the client's standard output.</summary>
internal sealed class StreamSection : ISection
{
    private const int Rounds = 3;
    private const int Blocks = 4096;
    private const long Bytes = Blocks * 64L * 1024;
    private const double BoundRatio = 0.8;
    private const string VmName = "bench-stream";

    public string Name => "stream";

    public string Title => "Output from guest to host";

    public string Method => $"""
        {Bytes >> 20} MiB of zeros. Floors: a bare QEMU, same kernel and modules, whose first program is a busybox script with
        `dd if=/dev/zero bs=64k | cat >/dev/vport…`, or `dd if=/dev/zero of=/dev/vport… bs=64k`; this program reads the socket. The goal is measured by
        the first, a copy of a program's output, which is the work; the second is what one program gets that holds the port itself. Subject: `hearth run --no-template --rm @busybox -- dd if=/dev/zero bs=64k`, booted as the floors are, into a pipe that this
        program reads. Both from the first byte to the last; by turns, one of each before, not counted. MB/s are millions of bytes a second.
        """;

    public async Task<SectionResult> RunAsync(BenchContext context)
    {
        context.Hearth.StartBooted(VmName);
        MachineTemplate template = MachineTemplate.Read(context.Hearth.Find(VmName), Disks.Unused(context.Paths));
        context.Hearth.Remove(VmName);
        string copy = Path.Combine(context.WorkDirectory, "stream-copy.cpio");
        string direct = Path.Combine(context.WorkDirectory, "stream-direct.cpio");
        BareStream.WriteInitramfs(template, copy, BareStream.Copy(Blocks));
        BareStream.WriteInitramfs(template, direct, BareStream.Direct(Blocks));
        Samples copies = new();
        Samples directs = new();
        Samples runs = new();
        for (int round = 0; round <= Rounds; round++)
        {
            double copied = await BareStream.MeasureAsync(template, copy, Bytes);
            double written = await BareStream.MeasureAsync(template, direct, Bytes);
            double run = await MeasureAsync(context.Hearth);
            if (round > 0)
            {
                copies.Add(copied);
                directs.Add(written);
                runs.Add(run);
                context.Say($"stream {round}/{Rounds}: copy {copied:0} MB/s, direct {written:0} MB/s, run {run:0} MB/s");
            }
        }

        return new SectionResult(
            [Goal.AtLeast("output of `hearth run` against a bare virtio-serial copy", BoundRatio, runs.Median / copies.Median, "×")],
            [new("floor: dd, pipe, cat to the port", copies, "MB/s"), new("dd to the port", directs, "MB/s"), new("`hearth run --no-template --rm @busybox -- dd …`", runs, "MB/s")]);
    }

    private static async Task<double> MeasureAsync(HearthBinary hearth)
    {
        using Process process = hearth.Start("run", "--no-template", "--rm", HearthBinary.Image, "--", "dd", "if=/dev/zero", "bs=64k", $"count={Blocks}", "status=none");
        double rate = await StreamRate.MeasureAsync(process.StandardOutput.BaseStream, Bytes);
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? rate : throw new BenchException($"'hearth run … dd' ended with exit code {process.ExitCode}.");
    }
}
