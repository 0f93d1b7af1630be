namespace Hearth.Networking.Proxy;

/// <summary>How far the reading of a head has come.</summary>
internal enum HeadState
{
    /// <summary>More bytes are needed.</summary>
    More,
    Complete,

    /// <summary>It cannot be one, or is one that is never let through.</summary>
    Refused,
}
