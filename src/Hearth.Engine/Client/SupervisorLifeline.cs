namespace Hearth.Engine.Client;

/// <summary>The client's hold on a supervisor that it started. Disposing without <see cref="Detach"/> ends the VM.</summary>
public abstract class SupervisorLifeline : IDisposable
{
    private protected SupervisorLifeline()
    {
    }

    /// <summary>Lets the VM live on without this process.</summary>
    public abstract void Detach();

    /// <summary>Completes when the supervisor process has ended: then all that the VM held is released.</summary>
    public abstract Task WaitForExitAsync(CancellationToken cancellationToken);

    public abstract void Dispose();
}
