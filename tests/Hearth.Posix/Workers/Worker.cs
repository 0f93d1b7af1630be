using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Hearth.Posix.Workers;

/// <summary>A second process of this program, in the directory of the scene; see <see cref="WorkerLoop"/>.</summary>
internal sealed class Worker : IDisposable
{
    /// <summary>How long an answer may take before it counts as none.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private Task<string?>? _pending;

    private Worker(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts it. Skips the case where this program cannot be found.</summary>
    public static Worker Start(Scene scene)
    {
        string[] command = [.. scene.Options.Worker ?? Own()];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(scene.Directory)),
        };
        return new Worker(Process.Start(start) ?? throw new InvalidOperationException("no process"));
    }

    /// <summary>Sends a command and waits for its number.</summary>
    public long Do(string command)
    {
        Send(command);
        return Number(Answer());
    }

    /// <summary>Sends a command and waits for its whole answer.</summary>
    public string Ask(string command)
    {
        Send(command);
        return Answer();
    }

    /// <summary>Sends a command whose answer is for later.</summary>
    public void Send(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        _pending = _process.StandardOutput.ReadLineAsync();
    }

    /// <summary>Whether the answer comes within a time that is long enough for a call that does not block.</summary>
    public bool Answers(TimeSpan within) => _pending!.Wait(within);

    /// <summary>The number of the answer to what was sent.</summary>
    public long Await() => Number(Answer());

    /// <summary>Ends the process without a chance to clean up, and waits until it is gone.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(s_patience))
            {
                Kill();
            }
        }
        _process.Dispose();
    }

    private static string[] Own()
    {
        string program = Environment.ProcessPath ?? "";
        if (Path.GetFileName(program) == "hearth-posix")
        {
            return [program, "--worker"];
        }
        string library = Path.Combine(AppContext.BaseDirectory, "hearth-posix.dll");
        if (File.Exists(library) && Path.GetFileName(program) == "dotnet")
        {
            return [program, "exec", "--roll-forward", "Major", library, "--worker"];
        }
        string beside = Path.Combine(AppContext.BaseDirectory, "hearth-posix");
        if (File.Exists(beside))
        {
            return [beside, "--worker"];
        }
        throw new SkipException($"there is no hearth-posix to start beside {program}");
    }

    private string Answer() =>
        _pending!.Wait(s_patience) ? _pending.Result ?? throw new InvalidOperationException("the worker is gone") : throw new TimeoutException("the worker does not answer");

    private static long Number(string answer) => long.Parse(answer.Split(' ')[0], CultureInfo.InvariantCulture);
}
