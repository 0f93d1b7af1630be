using Hearth.Engine.Store;

namespace Hearth.Engine.Supervision;

// Theory of operation
//
// Whoever started this process holds the other end of its standard input, the life line. Its end before a byte came says that the
// starter is dead, and the VM goes with it. A byte says that the VM lives on without the starter, which may still come to ask
// how the start went, until the line ends. A VM may fail sooner than its starter has come: the socket, and with --rm the VM's
// directory, stay until it has attached or its line has ended.

/// <content>The client that started the VM.</content>
public sealed partial class Supervisor
{
    private static readonly TimeSpan s_starterTimeout = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource _starterTold = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WatchLifelineAsync(Stream lifeline)
    {
        bool livesOn = await HearAsync(lifeline);
        if (!livesOn)
        {
            _starterTold.TrySetResult();
            End(StopReason.ClientDied);
            return;
        }

        FirstStart.Done(_vm);
        while (await HearAsync(lifeline))
        {
        }

        _starterTold.TrySetResult();
    }

    /// <summary>False at the line's end.</summary>
    private static async Task<bool> HearAsync(Stream lifeline)
    {
        try
        {
            return await lifeline.ReadAsync(new byte[1]) > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task WaitForStarterAsync()
    {
        try
        {
            await _starterTold.Task.WaitAsync(s_starterTimeout);
        }
        catch (TimeoutException)
        {
            // It lives and does nothing; state.json says what it would have been told.
        }
    }
}
