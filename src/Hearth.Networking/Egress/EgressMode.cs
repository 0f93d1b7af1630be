namespace Hearth.Networking.Egress;

/// <summary>What a VM may reach when no rule says anything (<c>--egress</c>).</summary>
public enum EgressMode
{
    /// <summary>Everything that no rule denies.</summary>
    All,

    /// <summary>Nothing; not even DNS.</summary>
    None,

    /// <summary>What a rule allows.</summary>
    List,
}
