using Hearth.Fuse.Messages;

namespace Hearth.Fuse.Server;

/// <param name="Operation">What was asked; <see cref="FuseOperation.None"/> for what is not known.</param>
/// <param name="Count">How often.</param>
/// <param name="Failed">How often it was answered with an error.</param>
/// <param name="Time">Spent on all of them, here: without the way to the guest and back.</param>
/// <param name="Longest">Of them.</param>
public sealed record OperationCount(FuseOperation Operation, long Count, long Failed, TimeSpan Time, TimeSpan Longest);
