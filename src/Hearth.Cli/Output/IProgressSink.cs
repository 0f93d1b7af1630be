using Hearth.Core.Progress;

namespace Hearth.Cli.Output;

/// <summary>A display of long work. Reports may come from any thread; disposing removes what must not stay on the terminal.</summary>
internal interface IProgressSink : IProgress<StageProgress>, IDisposable;
