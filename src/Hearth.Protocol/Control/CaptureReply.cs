namespace Hearth.Protocol.Control;

/// <summary>How a VM was frozen.</summary>
/// <param name="PauseMilliseconds">How long its vCPUs stood still.</param>
/// <param name="MemoryBytes">Memory that was written meanwhile.</param>
public sealed record CaptureReply(double PauseMilliseconds, long MemoryBytes);
