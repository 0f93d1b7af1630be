namespace Hearth.Linux.Processes;

/// <summary>Looks programs up as execvp(3) does, with the system directories that an ordinary user's PATH may lack.</summary>
public static class ExecutablePath
{
    public static string? Find(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
}
