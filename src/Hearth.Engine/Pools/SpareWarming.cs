using System.Text.Json;
using Hearth.Core.Specs;
using Hearth.Engine.Supervision;
using Hearth.Protocol.Agent;

namespace Hearth.Engine.Pools;

/// <summary>
/// Has a restored guest do what a run will do, so that the emulator has translated its code and its memory is there when that comes. A
/// container that is started for the first time after a restore takes 50 ms of an emulated CPU for that.
/// </summary>
internal static class SpareWarming
{
    private const int Rounds = 3;

    public static async Task WarmAsync(StartedGuest guest, VmSpec spec, OciImageConfig image, TimeProvider time, CancellationToken cancellationToken)
    {
        ContainerSpec container = spec.Container with { Process = new ProcessSpec { Args = ["echo", "ready"], User = image.User, Env = image.Env } };
        for (int round = 0; round < Rounds; round++)
        {
            await guest.Run.RehearseAsync(new RunRequest(ConfigurationBuilder.Build(spec, guest.RootFileSystem, guest.Network?.Network, time), container), cancellationToken);
        }

        RehearseFiles(spec);
    }

    /// <summary>This process's own first time: the VM's files are read and written by code whose types and calls are bound at their first use.</summary>
    private static void RehearseFiles(VmSpec spec)
    {
        _ = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(spec, HearthJson.Default.VmSpec), HearthJson.Default.VmSpec);
        _ = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(new VmState(), HearthJson.Default.VmState), HearthJson.Default.VmState);
    }
}
