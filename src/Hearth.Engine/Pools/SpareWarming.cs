using Hearth.Engine.Supervision;

namespace Hearth.Engine.Pools;

/// <summary>Has a restored guest do once what a run will do, so that its code is translated and its memory there when that comes.</summary>
internal static class SpareWarming
{
    private const int Rounds = 2;

    public static async Task WarmAsync(VmRun run, CancellationToken cancellationToken)
    {
        for (int round = 0; round < Rounds; round++)
        {
            await run.RehearseAsync(cancellationToken);
        }
    }
}
