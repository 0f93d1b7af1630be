namespace Hearth.Posix.Stress;

/// <summary>Something was not as it has to be.</summary>
internal sealed class StressException(string message) : Exception(message);
