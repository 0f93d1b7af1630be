namespace Hearth.Core.Specs;

/// <summary>The parts of an OCI image configuration that a container is started from (OCI image specification, config.md).</summary>
public sealed record OciImageConfig
{
    public IReadOnlyList<string> Entrypoint { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Cmd { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Env { get; init => field = value ?? []; } = [];

    public string WorkingDir { get; init; } = "";

    public string User { get; init; } = "";

    public string StopSignal { get; init; } = "";

    /// <summary><c>80/tcp</c>, <c>53/udp</c>.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Volumes { get; init => field = value ?? []; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Null when the image has none.</summary>
    public ImageHealthcheck? Healthcheck { get; init; }

    public string Architecture { get; init; } = "";

    public string Os { get; init; } = "";

    public DateTimeOffset? Created { get; init; }
}
