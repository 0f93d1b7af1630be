namespace Hearth.Core.Specs;

/// <summary>What a VM may reach when no rule says anything (<c>--egress</c>).</summary>
public enum EgressMode
{
    /// <summary>Everything that no rule denies.</summary>
    All,

    /// <summary>Nothing; no name but Hearth's own is answered.</summary>
    None,

    /// <summary>What a rule allows.</summary>
    List,
}
