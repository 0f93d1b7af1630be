namespace Hearth.Engine.Pools;

/// <summary>Where a spare is in its life. Names are in files and may only grow.</summary>
public enum SpareStatus
{
    /// <summary>Its guest is being restored and warmed.</summary>
    Starting,

    /// <summary>It stands still and can be taken.</summary>
    Ready,
}
