namespace Hearth.Agent.Users;

/// <summary>A line of /etc/passwd (passwd(5)).</summary>
internal sealed record PasswdEntry(string Name, uint User, uint Group, string Home);
