namespace Hearth.Cli.Copy;

/// <summary>What is copied.</summary>
/// <param name="Name">Its last component.</param>
/// <param name="IsDirectory">A directory, or a followed link to one.</param>
/// <param name="ContentsOnly">Written as <c>DIR/.</c>.</param>
internal readonly record struct CopySource(string Name, bool IsDirectory, bool ContentsOnly);
