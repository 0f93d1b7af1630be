using System.Text.Json;
using Hearth.Core.Specs;
using Hearth.Vmm;

namespace Hearth.Engine.Snapshots.Exports;

/// <summary>Whether an export says nothing that cannot be. A stranger wrote it: names become paths, sizes become files.</summary>
internal static class ExportCheck
{
    private const int MostFiles = 4096;
    private const int MostVcpus = 255;
    private const int MostLayers = 1000;
    private const int MostNameLetters = 64;
    private const int MostTextLetters = 1000;

    /// <summary>1 TiB of memory and 64 TiB of disk: beyond what one host has.</summary>
    private const long MostMemoryBytes = 1L << 40;

    private const long MostDiskBytes = 64L << 40;
    private const long Mebibyte = 1L << 20;

    /// <exception cref="JsonException">What makes no sense.</exception>
    public static void RequireSound(ExportManifest manifest)
    {
        Require(manifest.Snapshot is not null && manifest.Image is not null && manifest.Kernel is not null && manifest.Files is not null, "a part is missing");
        FrozenManifest snapshot = manifest.Snapshot!;
        FrozenState.RequireWhole(snapshot);
        RequireShape(snapshot);
        RequireSpec(snapshot);
        Require(snapshot.DiskOnly == (manifest.Host is null), "it does not say where it can go on");
        Require(manifest.Host is null || (manifest.Host.Qemu is not null && manifest.Host.CpuFlags is not null && !manifest.Host.CpuFlags.Contains(null!)), "its host is not described");
        Require(manifest.Image!.Id == snapshot.ImageId && IsDigest(manifest.Image.Id) && IsHex(manifest.Image.RootSha256) && manifest.Image.FileSystem is "squashfs" or "erofs", "its image is not described");
        Require(manifest.Kernel!.Digest == snapshot.Kernel && IsHex(manifest.Kernel.Digest) && IsWord(manifest.Kernel.Name) && IsWord(manifest.Kernel.Release), "its kernel is not described");
        RequireFiles(manifest);
    }

    private static void RequireShape(FrozenManifest snapshot)
    {
        Require(snapshot.Version == FrozenManifest.CurrentVersion && snapshot.Kind == FrozenKind.Snapshot, "it is no snapshot");
        Require(SnapshotName.IsValid(snapshot.Name) && snapshot.Tags.Append(snapshot.Image).All(IsText), "a name in it cannot be one");
        Require(snapshot.Vcpus is > 0 and <= MostVcpus, "its number of CPUs is out of range");
        Require(snapshot.MemoryBytes is > 0 and <= MostMemoryBytes && snapshot.MemoryBytes % Mebibyte == 0, "its memory has no proper size");
        Require(snapshot.DiskBytes is > 0 and <= MostDiskBytes, "its disk has no proper size");
        Require(snapshot.Disk.Count is > 0 and <= MostLayers && snapshot.Disk[0].Format == DiskFormat.Raw && snapshot.Disk.Skip(1).All(static l => l.Format == DiskFormat.Qcow2), "its disk's layers make no sense");
        Require(snapshot.Disk.Select(static l => l.Path).Distinct().Count() == snapshot.Disk.Count, "a layer is listed twice");
    }

    /// <summary>A VM is made from it: what is null there would stop every command that lists VMs.</summary>
    private static void RequireSpec(FrozenManifest snapshot)
    {
        VmSpec? spec = snapshot.Spec;
        Require(spec is { Id: not null, Name: not null, Image: not null, Kernel: not null, Labels: not null, ExposedPorts: not null, LogLevel: not null, Version: <= VmSpec.CurrentVersion }, "it does not say what VM it was");
        Require(spec!.ImageId == snapshot.ImageId && spec.Vcpus == snapshot.Vcpus && spec.MemoryBytes == snapshot.MemoryBytes && spec.DiskBytes == snapshot.DiskBytes, "its VM is of another shape");
        Require(
            spec.Container is { Hostname: not null, CapAdd: not null, CapDrop: not null, Tmpfs: not null, Ulimits: not null, StopSignal: not null, Process: { Args: not null, Env: not null, WorkingDirectory: not null, User: not null } },
            "its container is not described");
        Require(spec.Mounts.Count == 0, "it asks for files of this host");
    }

    private static void RequireFiles(ExportManifest manifest)
    {
        Require(manifest.Files.Count <= MostFiles && manifest.Files.All(static f => f is { Name: not null, Sha256: not null, Bytes: >= 0, Data: >= 0 } && f.Data <= f.Bytes && IsHex(f.Sha256)), "its list of files makes no sense");
        HashSet<string> names = [.. manifest.Files.Select(static f => f.Name)];
        Require(names.Count == manifest.Files.Count, "a file is listed twice");
        foreach (string name in ExportFiles.Required(manifest.Snapshot))
        {
            Require(names.Remove(ExportFiles.Snapshot + name), $"'{name}' is missing");
        }

        if (!manifest.Snapshot.DiskOnly)
        {
            names.Remove(ExportFiles.Snapshot + FrozenState.DeltaFile);
        }

        if (names.Count > 0)
        {
            RequireImageAndKernel(names);
        }

        Require(manifest.Files.All(f => f.Name != ExportFiles.Snapshot + FrozenState.MemoryFile || f.Bytes == manifest.Snapshot.MemoryBytes), "its memory has another size");
        Require(manifest.Files.All(f => f.Name != ExportFiles.Snapshot + FrozenState.DiskFile(0) || f.Bytes == manifest.Snapshot.DiskBytes), "its disk has another size");
    }

    private static void RequireImageAndKernel(HashSet<string> names)
    {
        foreach (string name in (string[])[.. ExportFiles.ImageFiles.Select(static f => ExportFiles.Image + f), ExportFiles.Kernel + ExportFiles.Vmlinux])
        {
            Require(names.Remove(name), $"'{name}' is missing");
        }

        Require(
            names.All(static n => n.StartsWith(ExportFiles.Modules, StringComparison.Ordinal) && n.EndsWith(".ko", StringComparison.Ordinal) && IsWord(n[ExportFiles.Modules.Length..])),
            "it lists a file that no export has");
    }

    private static bool IsText(string? text) => text is { Length: > 0 and <= MostTextLetters } && !text.Any(char.IsControl);

    private static bool IsHex(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);

    private static bool IsDigest(string text) => text.StartsWith("sha256:", StringComparison.Ordinal) && IsHex(text["sha256:".Length..]);

    private static bool IsWord(string? text) =>
        text is { Length: > 0 and <= MostNameLetters } && char.IsAsciiLetterOrDigit(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+');

    private static void Require(bool sound, string otherwise)
    {
        if (!sound)
        {
            throw new JsonException(otherwise);
        }
    }
}
