namespace Hearth.Agent.Users;

/// <summary>A line of /etc/group (group(5)).</summary>
internal sealed record GroupEntry(string Name, uint Id, string[] Members);
