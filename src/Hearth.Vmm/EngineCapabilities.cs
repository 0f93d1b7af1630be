namespace Hearth.Vmm;

/// <summary>What an engine can do; read from <see cref="IVmEngine.Capabilities"/>.</summary>
public sealed record EngineCapabilities
{
    /// <summary>Runs guests without hardware virtualisation.</summary>
    public required bool SoftwareEmulation { get; init; }

    /// <summary>Device state can be saved and loaded into a new process.</summary>
    public required bool DeviceSnapshots { get; init; }

    /// <summary>A console log file is written by the engine.</summary>
    public required bool SerialConsole { get; init; }
}
