namespace Hearth.Cli.Copy;

/// <summary>Flags of <c>cp</c>.</summary>
/// <param name="FollowLink">Copy what a link at the end of the source's path points to.</param>
/// <param name="Archive">Keep user and group ids.</param>
/// <param name="Quiet">Do not say what was copied.</param>
internal sealed record CopyRequestOptions(bool FollowLink, bool Archive, bool Quiet);
