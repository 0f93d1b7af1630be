namespace Hearth.Protocol.Link;

/// <summary>The link, or one stream of it, is gone.</summary>
public sealed class LinkException(string message, Exception? inner = null) : IOException(message, inner);
