namespace Hearth.Cli.Output;

/// <summary>A field that a listing offers.</summary>
/// <param name="Name">As templates and JSON call it.</param>
/// <param name="Header">Its heading in a table.</param>
/// <param name="InTable">Whether the default table shows it.</param>
internal sealed record Column(string Name, string Header, bool InTable = true);
