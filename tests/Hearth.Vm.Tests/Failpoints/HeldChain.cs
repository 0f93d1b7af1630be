using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A chain that is to be held at one step: the pipe's reader is the supervisor, once it is there.</summary>
internal sealed class HeldChain : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _pipe;
    private FileStream? _held;

    private HeldChain(string step)
    {
        Step = step;
        _pipe = _directory["pipe"];
    }

    public string Step { get; }

    /// <summary>For the environment of the command that starts the supervisor.</summary>
    public string Variable => $"HEARTH_FAILPOINT={Step}:{_pipe}";

    public static async Task<HeldChain> CreateAsync(string step)
    {
        HeldChain chain = new(step);
        (await HearthCommand.RunProgramAsync("mkfifo", chain._pipe)).Succeeded();
        return chain;
    }

    /// <summary>Waits until the supervisor stands at the step, or the command has ended without.</summary>
    public async Task ReachedAsync(Task<Outcome> command)
    {
        // Opening for writing waits for the reader (fifo(7)).
        Task<FileStream> opening = Task.Run(() => new FileStream(_pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));
        if (await Task.WhenAny(opening, command) != opening)
        {
            await using (new FileStream(_pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0))
            {
                await (await opening).DisposeAsync();
            }

            throw new InvalidOperationException($"{Step} was not reached: {await command}");
        }

        _held = await opening;
    }

    /// <summary>Lets the chain go on.</summary>
    /// <param name="word">What the supervisor is to do first; empty for nothing.</param>
    public void Release(string word)
    {
        try
        {
            _held!.Write(System.Text.Encoding.ASCII.GetBytes(word));
        }
        catch (IOException)
        {
            // The supervisor is the one that was killed.
        }

        _held!.Dispose();
    }

    public void Dispose()
    {
        _held?.Dispose();
        _directory.Dispose();
    }
}
