namespace Hearth.Engine.Health;

/// <summary>One way to ask a container whether it is well.</summary>
internal interface IHealthProbe
{
    /// <summary>Asks once.</summary>
    /// <param name="output">Takes what it says.</param>
    /// <param name="cancellationToken">Ends the check; nothing of it is left in the guest then.</param>
    /// <returns>0 when it is well.</returns>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    Task<int> CheckAsync(HealthOutput output, CancellationToken cancellationToken);
}
