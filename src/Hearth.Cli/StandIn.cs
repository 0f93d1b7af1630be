#pragma warning disable
using Hearth.Core.Progress; using Hearth.Core.Specs; using Hearth.Core.Storage;
namespace Hearth.Images.Store
{
    internal enum PullPolicy { Missing, Always, Never }
    internal sealed record ImageRecord { public required string Id { get; init; } public required OciImageConfig Config { get; init; } }
    internal sealed class ImageStore(HearthPaths paths, TimeProvider time)
    {
        public Task<ImageRecord> GetAsync(string reference, PullPolicy policy, string? platform, IProgress<StageProgress>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
namespace Hearth.Engine.Supervision
{
    internal static class Supervisor { public static Task<int> RunAsync(HearthPaths paths, string id) => throw new NotSupportedException(); }
}
