namespace Hearth.Images.Store;

/// <summary>When <c>--pull</c> asks the registry.</summary>
public enum PullPolicy
{
    /// <summary>When the image is not here yet.</summary>
    Missing,

    /// <summary>Every time; unchanged images cost one question.</summary>
    Always,

    /// <summary>Not at all.</summary>
    Never,
}
