using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Linux.Files;

namespace Hearth.Engine.Store;

/// <summary>Reads and writes the JSON files of one VM's directory.</summary>
internal static class VmFiles
{
    public static string SpecFile(string directory) => Path.Combine(directory, "spec.json");

    public static string StateFile(string directory) => Path.Combine(directory, "state.json");

    /// <summary>Whether a directory below <c>vms/</c> is a VM's: that of a spare is one only once it was taken.</summary>
    public static bool HasSpec(string directory) => new FileInfo(SpecFile(directory)) is { Exists: true, Length: > 0 };

    public static void WriteSpec(string directory, VmSpec spec, bool durable = true) =>
        AtomicFile.Write(SpecFile(directory), JsonSerializer.SerializeToUtf8Bytes(spec, HearthJson.Default.VmSpec), durable);

    /// <summary>Not synced: after a crash of the whole machine the VM has exited whatever the file says.</summary>
    public static void WriteState(string directory, VmState state) =>
        AtomicFile.Write(StateFile(directory), JsonSerializer.SerializeToUtf8Bytes(state, HearthJson.Default.VmState), durable: false);

    /// <summary>Both files; null when the VM was removed meanwhile.</summary>
    public static (VmSpec Spec, VmState State)? TryRead(string directory)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(SpecFile(directory));
            if (bytes.Length == 0)
            {
                return null; // The machine went down under a VM that was to go with its end (VmStore.Adopt).
            }

            VmSpec spec = JsonSerializer.Deserialize(bytes, HearthJson.Default.VmSpec) ?? throw new JsonException("null");
            if (spec.Version > VmSpec.CurrentVersion)
            {
                throw new JsonException($"format {spec.Version} is newer than {VmSpec.CurrentVersion}");
            }

            string stateFile = StateFile(directory);
            VmState state = File.Exists(stateFile)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(stateFile), HearthJson.Default.VmState) ?? new VmState()
                : new VmState();
            return (spec, state);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new HearthException(
                "vm.corrupt", $"The files of VM {Path.GetFileName(directory)} cannot be read: {e.Message}", $"Remove the directory {directory}.", inner: e);
        }
    }
}
