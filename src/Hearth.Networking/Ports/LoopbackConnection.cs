namespace Hearth.Networking.Ports;

/// <summary>A connection whose directions end one by one.</summary>
/// <param name="Stream">Both directions.</param>
/// <param name="EndWrite">Ends the one that is written; reading goes on.</param>
public sealed record LoopbackConnection(Stream Stream, Action EndWrite);
