namespace Hearth.Cli.Sessions;

/// <summary>The client's ends of a session.</summary>
/// <param name="Input">Passed on to the process; null sends nothing.</param>
/// <param name="Output">Takes standard output, and everything under a terminal.</param>
/// <param name="Error">Takes standard error.</param>
internal sealed record SessionStreams(Stream? Input, Stream Output, Stream Error);
