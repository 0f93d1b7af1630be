namespace Hearth.Engine.Logs;

/// <summary>A line of a container's output, with its newline when it had one.</summary>
/// <param name="Time">When its end arrived at the host.</param>
/// <param name="IsError">Standard error rather than standard output.</param>
/// <param name="Bytes">As written, whatever the encoding.</param>
public sealed record LogEntry(DateTimeOffset Time, bool IsError, ReadOnlyMemory<byte> Bytes);

/// <summary>Which part of a log.</summary>
/// <param name="Follow">Go on until the VM has ended.</param>
/// <param name="Tail">Only the last so many lines; null is all.</param>
/// <param name="Since">Only from this time on.</param>
/// <param name="Until">Only up to this time.</param>
public sealed record LogQuery(bool Follow = false, int? Tail = null, DateTimeOffset? Since = null, DateTimeOffset? Until = null);
