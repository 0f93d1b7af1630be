namespace Hearth.Posix.Scenes;

/// <summary>Something failed on which the rest of the case stands; the failure is counted already.</summary>
internal sealed class AbortException() : Exception("the case cannot go on");
