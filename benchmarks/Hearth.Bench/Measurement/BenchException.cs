namespace Hearth.Bench.Measurement;

/// <summary>A measurement that could not be made: the thing, and the cause.</summary>
internal sealed class BenchException(string message) : Exception(message);
