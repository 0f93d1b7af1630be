namespace Hearth.Posix.Randomised;

/// <summary>The file is not what the model says.</summary>
internal sealed class MismatchException(string message) : Exception(message);
