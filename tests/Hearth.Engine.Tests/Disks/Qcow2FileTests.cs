using System.Diagnostics;
using System.Security.Cryptography;
using Hearth.Core.Errors;
using Hearth.Engine.Disks;

namespace Hearth.Engine.Tests.Disks;

public sealed class Qcow2FileTests : IDisposable
{
    private const int Cluster = 1 << 16;

    private const string GoldenHeader =
        "514649fb" + "00000003" + "0000000000000000" + "00000000" + "00000010" + "0000000280000000" + "00000000" + "00000014" +
        "0000000000030000" + "0000000000010000" + "00000001" + "00000000" + "0000000000000000" +
        "0000000000000000" + "0000000000000000" + "0000000000000000" + "00000004" + "00000068";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"hearth-qcow2-{Guid.NewGuid():N}");

    [Fact]
    public void An_empty_image_has_the_documented_bytes()
    {
        Qcow2File.CreateEmpty(_path, 10L << 30);
        byte[] bytes = File.ReadAllBytes(_path);

        bytes.Length.ShouldBe(4 * Cluster);
        Convert.ToHexStringLower(bytes.AsSpan(0, 104)).ShouldBe(GoldenHeader);
        Convert.ToHexStringLower(bytes.AsSpan(Cluster, 8)).ShouldBe("0000000000020000");
        Convert.ToHexStringLower(bytes.AsSpan(2 * Cluster, 8)).ShouldBe("0001000100010001");
        bytes.Count(static b => b != 0).ShouldBe(19, "there is something else in it");
        File.GetUnixFileMode(_path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_file_that_is_there_is_not_overwritten()
    {
        File.WriteAllBytes(_path, RandomNumberGenerator.GetBytes(8));

        Should.Throw<IOException>(() => Qcow2File.CreateEmpty(_path, 1 << 20));
    }

    /// <summary>The second size needs more L1 table than a cluster holds.</summary>
    [SkippableTheory]
    [InlineData(16L << 20)]
    [InlineData(10L << 30)]
    [InlineData((10L << 30) + 512)]
    [InlineData(16L << 40)]
    public async Task QemuImg_finds_no_fault(long bytes)
    {
        Qcow2File.CreateEmpty(_path, bytes);

        (int exitCode, string said) = await QemuImgAsync("check", "-f", "qcow2", _path);

        exitCode.ShouldBe(0, said);
        said.ShouldContain("No errors were found on the image.");
        (await QemuImgAsync("info", "-f", "qcow2", _path)).Output.ShouldContain($"({bytes} bytes)");
    }

    /// <summary>QEMU would follow the name of a backing file, or of a data file, to any file that it may open.</summary>
    [Theory]
    [InlineData(0, 0)] // magic
    [InlineData(7, 2)] // an old version
    [InlineData(19, 9)] // the length of a backing file's name
    [InlineData(31, 1)] // another size
    [InlineData(35, 2)] // encrypted
    [InlineData(63, 1)] // snapshots of its own
    [InlineData(79, 4)] // the data are in another file
    public void A_layer_that_a_stranger_made_otherwise_is_refused(int offset, byte value)
    {
        Qcow2File.CreateEmpty(_path, 16 << 20);
        Qcow2File.RequirePlain(_path, 16 << 20);
        byte[] bytes = File.ReadAllBytes(_path);
        bytes[offset] = value;
        File.WriteAllBytes(_path, bytes);

        Should.Throw<HearthException>(() => Qcow2File.RequirePlain(_path, 16 << 20)).Message.ShouldBe($"{Path.GetFileName(_path)} is not a disk layer that Hearth makes.");
    }

    public void Dispose() => File.Delete(_path);

    private static async Task<(int ExitCode, string Output)> QemuImgAsync(params string[] arguments)
    {
        ProcessStartInfo start = new("qemu-img", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process? started = null;
        try
        {
            started = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "qemu-img is not installed (Debian package qemu-utils)");
        }

        using Process process = started!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
