using System.Diagnostics;

namespace Hearth.Engine.Client;

/// <summary>The client's hold on a supervisor that it started. Disposing without <see cref="Detach"/> ends the VM.</summary>
public sealed class SupervisorLifeline : IDisposable
{
    private readonly Process _process;

    internal SupervisorLifeline(Process process)
    {
        _process = process;

        // Ends with the supervisor or with this process: nobody needs to wait for it.
        _ = process.StandardError.BaseStream.CopyToAsync(Console.OpenStandardError());
    }

    /// <summary>Lets the VM live on without this process.</summary>
    public void Detach()
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

    /// <summary>Completes when the supervisor process has ended: then all that the VM held is released.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public void Dispose()
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
