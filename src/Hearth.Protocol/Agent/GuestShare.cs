namespace Hearth.Protocol.Agent;

/// <summary>A directory or file of the host that the container has.</summary>
/// <param name="Id">Its number on the ports (<see cref="Shares.ShareFrame"/>).</param>
/// <param name="Target">Absolute path in the container; made when it is missing.</param>
/// <param name="ReadOnly">The guest's kernel refuses changes; the host does so too.</param>
/// <param name="IsFile">It is one file.</param>
public sealed record GuestShare(int Id, string Target, bool ReadOnly = false, bool IsFile = false);
