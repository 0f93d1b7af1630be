namespace Hearth.Fuse.Server;

/// <content>How long the guest's kernel may rely on what it was told.</content>
public sealed partial class FuseServer
{
    /// <summary>Where nobody tells of changes on the host.</summary>
    private const ulong ShortSeconds = 1;

    private static ulong ValiditySeconds => ShortSeconds;
}
