using System.Diagnostics.CodeAnalysis;

namespace Hearth.Posix.Scenes;

/// <summary>
/// The directory in which the cases of an area run, one after another, on the thread that made it. Invariant: between cases the thread is the
/// caller again, with a umask of 0, in the stage's directory, which is empty. On a read-only file system that is the directory
/// itself, with what was put there before.
/// </summary>
internal sealed class Stage : IDisposable
{
    private readonly string _area;
    private readonly string _directory;
    private readonly PosixOptions _options;
    private readonly bool _writable;

    public Stage(string area, string parent, PosixOptions options, bool writable)
    {
        _area = area;
        _options = options;
        _writable = writable;
        _directory = writable ? $"{parent}/posix-{area}-{Kernel.getpid()}-{Environment.CurrentManagedThreadId}" : parent;
        // From here the umask and the working directory are this thread's own, see unshare(2).
        Require(Kernel.unshare(CLONE_FS), "unshare");
        _ = Kernel.umask(0);
        if (writable)
        {
            Require(Kernel.mkdir(_directory, Modes.Octal(755)), $"mkdir {_directory}");
        }
        Require(Kernel.chdir(_directory), $"chdir {_directory}");
    }

    [SuppressMessage("Design", "CA1031", Justification = "The root of a case: what it throws is a failure of the case, and is reported as one.")]
    public void Run(Case one, Tally tally)
    {
        string name = $"{_area}/{one.Name}";
        tally.Begin(name);
        if (Hindrance(one, name) is { } reason)
        {
            tally.Skip(new PosixSkip(name, reason));
            return;
        }
        if (_writable)
        {
            Require(Kernel.mkdir("case", Modes.Octal(755)), "mkdir case");
            Require(Kernel.chdir("case"), "chdir case");
        }
        using Scene scene = new(name, _writable ? $"{_directory}/case" : _directory, _options, tally);
        try
        {
            one.Play(scene);
        }
        catch (SkipException e)
        {
            if (_options.UserTests == true && e.Message.StartsWith("cannot act", StringComparison.Ordinal))
            {
                tally.Fail(new PosixFailure(name, "acts as another user", "success", e.Message));
                return;
            }
            tally.Skip(new PosixSkip(name, e.Message));
        }
        catch (AbortException)
        {
            // Counted where it was thrown.
        }
        catch (Exception e)
        {
            tally.Fail(new PosixFailure(name, "runs to its end", "no exception", e.ToString()));
        }
        finally
        {
            scene.CloseAll();
            CleanUp(name, tally);
        }
    }

    public void Dispose()
    {
        _ = Kernel.chdir("/");
        if (_writable)
        {
            Require(Kernel.rmdir(_directory), $"rmdir {_directory}");
        }
    }

    private string? Hindrance(Case one, string name)
    {
        if (_options.Known.TryGetValue(name, out string? known))
        {
            return known;
        }
        if (one.Needs == Needs.Nothing)
        {
            return null;
        }
        if (_options.UserTests == false)
        {
            return "acting as other users was not asked for";
        }
        return Kernel.geteuid() == 0 || _options.UserTests == true ? null : "root alone can act as other users";
    }

    private void CleanUp(string name, Tally tally)
    {
        _ = Kernel.umask(0);
        Require(Kernel.chdir(_directory), $"chdir {_directory}");
        long result = _writable ? Tree.Remove("case") : 0;
        if (result < 0)
        {
            tally.Fail(new PosixFailure(name, "is cleaned up after", "an empty directory", Errno.Describe(result)));
            _ = Kernel.rename("case", $"left-{name.Replace('/', '-').Replace(' ', '-')}");
        }
    }

    private static void Require(long result, string what)
    {
        if (result < 0)
        {
            throw new IOException($"{what}: {Errno.Describe(result)}");
        }
    }
}
