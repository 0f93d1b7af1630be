using System.Diagnostics;

namespace Hearth.Engine.Client;

/// <summary>The life line to a supervisor that is this process's child: its standard input.</summary>
internal sealed class ProcessLifeline : SupervisorLifeline
{
    private readonly Process _process;

    public ProcessLifeline(Process process)
    {
        _process = process;

        // Ends with the supervisor or with this process: nobody needs to wait for it.
        _ = process.StandardError.BaseStream.CopyToAsync(Console.OpenStandardError());
    }

    public override void Detach()
    {
        try
        {
            _process.StandardInput.Write('D');
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended already; its state says how.
        }
    }

    public override Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public override void Dispose()
    {
        try
        {
            _process.StandardInput.Dispose();
        }
        catch (IOException)
        {
            // Nobody reads any more.
        }

        _process.Dispose();
    }
}
