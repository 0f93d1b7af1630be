namespace Hearth.Images.RootFs;

/// <summary>The maker takes no more input: it has failed and says why on its standard error.</summary>
internal sealed class MakerClosedException(IOException inner) : Exception(inner.Message, inner);
