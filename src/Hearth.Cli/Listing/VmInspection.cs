using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Core.Specs;
using Hearth.Engine.Store;
using Hearth.Networking.Ports;
using Hearth.Networking.Topology;

namespace Hearth.Cli.Listing;

/// <summary>A VM as <c>inspect</c> shows it: Docker's shape, and under <c>Hearth</c> what only a VM has.</summary>
internal static class VmInspection
{
    public static JsonObject Of(VmModel vm)
    {
        IReadOnlyList<string> args = vm.Spec.Container.Process.Args;
        return new JsonObject
        {
            ["Id"] = vm.Id,
            ["Created"] = JsonNodes.Time(vm.Spec.Created),
            ["Path"] = args.Count > 0 ? args[0] : "",
            ["Args"] = JsonNodes.List(args.Skip(1)),
            ["State"] = State(vm),
            ["Image"] = vm.Spec.ImageId,
            ["LogPath"] = vm.LogFile,
            ["Name"] = vm.Name,
            ["RestartCount"] = vm.State.RestartCount,
            ["Driver"] = "hearth",
            ["Platform"] = "linux",
            ["Mounts"] = new JsonArray(),
            ["HostConfig"] = HostConfig(vm.Spec),
            ["Config"] = Config(vm.Spec),
            ["NetworkSettings"] = NetworkSettings(vm),
            ["Hearth"] = Hearth(vm),
        };
    }

    private static JsonObject State(VmModel vm)
    {
        VmState state = vm.State;
        JsonObject shown = new()
        {
            ["Status"] = Words.Of(state.Status),
            ["Running"] = state.Status is VmStatus.Running or VmStatus.Paused or VmStatus.Stopping,
            ["Paused"] = state.Status == VmStatus.Paused,
            ["Restarting"] = state.Status == VmStatus.Restarting,
            ["OOMKilled"] = state.OomKilled,
            ["Dead"] = false,
            ["Pid"] = state.Vmm?.Pid ?? 0,
            ["ExitCode"] = state.ExitCode ?? 0,
            ["Error"] = state.Error ?? "",
            ["StartedAt"] = JsonNodes.Time(state.StartedAt),
            ["FinishedAt"] = JsonNodes.Time(state.FinishedAt),
        };
        if (HealthInspection.State(vm.Spec, state) is { } health)
        {
            shown["Health"] = health;
        }

        return shown;
    }

    private static JsonObject Config(VmSpec spec)
    {
        ProcessSpec process = spec.Container.Process;
        JsonObject ports = [];
        foreach (string port in spec.ExposedPorts)
        {
            ports[port] = new JsonObject();
        }

        JsonObject config = new()
        {
            ["Hostname"] = spec.Container.Hostname,
            ["User"] = process.User,
            ["OpenStdin"] = process.Interactive,
            ["Tty"] = process.Tty,
            ["Env"] = JsonNodes.List(process.Env),
            ["Cmd"] = JsonNodes.List(process.Args.Skip(spec.EntrypointWords)),
            ["Image"] = spec.Image,
            ["WorkingDir"] = process.WorkingDirectory,
            ["Entrypoint"] = spec.EntrypointWords > 0 ? JsonNodes.List(process.Args.Take(spec.EntrypointWords)) : null,
            ["Labels"] = JsonNodes.Map(spec.Labels),
            ["StopSignal"] = spec.Container.StopSignal,
            ["StopTimeout"] = spec.StopTimeoutSeconds,
            ["ExposedPorts"] = ports,
        };
        if (HealthInspection.Config(spec.Health) is { } check)
        {
            config["Healthcheck"] = check;
        }

        return config;
    }

    private static JsonObject HostConfig(VmSpec spec) => new()
    {
        ["Memory"] = spec.MemoryBytes,
        ["NanoCpus"] = (long)(spec.Container.Cpus * 1_000_000_000),
        ["RestartPolicy"] = new JsonObject
        {
            ["Name"] = spec.Restart switch { RestartPolicy.Always => "always", RestartPolicy.OnFailure => "on-failure", _ => "no" },
            ["MaximumRetryCount"] = spec.RestartMaxAttempts,
        },
        ["AutoRemove"] = spec.AutoRemove,
        ["CapAdd"] = JsonNodes.List(spec.Container.CapAdd),
        ["CapDrop"] = JsonNodes.List(spec.Container.CapDrop),
        ["Privileged"] = spec.Container.Process.Privileged,
        ["ReadonlyRootfs"] = spec.Container.ReadOnly,
        ["Init"] = spec.Container.Init,
        ["ShmSize"] = spec.Container.ShmBytes,
        ["Ulimits"] = new JsonArray([.. spec.Container.Ulimits.Select(static limit => (JsonNode)new JsonObject
        {
            ["Name"] = limit.Name,
            ["Soft"] = limit.Soft,
            ["Hard"] = limit.Hard,
        })]),
        ["Tmpfs"] = JsonNodes.Map(spec.Container.Tmpfs),
    };

    private static JsonObject Hearth(VmModel vm)
    {
        JsonObject stages = [];
        foreach ((string stage, double milliseconds) in vm.State.StartStages)
        {
            stages[stage] = Math.Round(milliseconds, 1);
        }

        return new JsonObject
        {
            ["Engine"] = vm.State.Engine ?? "",
            ["Accel"] = vm.State.Engine is { } engine && engine.Contains('/', StringComparison.Ordinal)
                ? engine[(engine.IndexOf('/', StringComparison.Ordinal) + 1)..]
                : vm.Spec.Accel.ToString().ToLowerInvariant(),
            ["Kernel"] = vm.Spec.Kernel,
            ["Vcpus"] = vm.Spec.Vcpus,
            ["DiskBytes"] = vm.Spec.DiskBytes,
            ["HugePages"] = vm.Spec.HugePages,
            ["Limits"] = Limits(vm.Spec.Limits ?? new VmLimits()),
            ["TimeoutSeconds"] = vm.Spec.Timeout?.TotalSeconds ?? 0,
            ["IdleSuspendSeconds"] = vm.Spec.IdleSuspend?.TotalSeconds ?? 0,
            ["HealthOnFailure"] = (vm.Spec.Health?.OnFailure ?? HealthAction.None).ToString().ToLowerInvariant(),
            ["SuspendedBy"] = vm.State.SuspendedBy switch { SuspendCause.Idle => "idle", SuspendCause.User => "user", _ => "" },
            ["SupervisorPid"] = vm.State.Supervisor?.Pid ?? 0,
            ["DoorkeeperPid"] = vm.State.Doorkeeper?.Pid ?? 0,
            ["Cgroup"] = vm.State.Cgroup ?? "",
            ["Directory"] = vm.Directory,
            ["SupervisorLog"] = vm.SupervisorLog,
            ["StartStages"] = stages,
        };
    }

    /// <summary>Docker's shape; what is not known of a VM that does not run is empty.</summary>
    private static JsonObject NetworkSettings(VmModel vm)
    {
        JsonObject ports = [];
        foreach (IGrouping<string, PublishedPort> group in vm.State.Ports.GroupBy(PortText.GuestSide))
        {
            ports[group.Key] = new JsonArray([.. group.Select(static port => (JsonNode)new JsonObject { ["HostIp"] = port.Bind, ["HostPort"] = port.HostPort.ToString(CultureInfo.InvariantCulture) })]);
        }

        string? ipv4 = vm.State.Addresses.FirstOrDefault(static a => !a.Contains(':', StringComparison.Ordinal));
        string? ipv6 = vm.State.Addresses.FirstOrDefault(static a => a.Contains(':', StringComparison.Ordinal));
        return new JsonObject
        {
            ["Mode"] = vm.Spec.Network?.Mode.ToString().ToLowerInvariant() ?? "none",
            ["IPAddress"] = ipv4?.Split('/')[0] ?? "",
            ["GlobalIPv6Address"] = ipv6?.Split('/')[0] ?? "",
            ["MacAddress"] = ipv4 is null ? "" : GuestAddressing.Text(GuestAddressing.StationOf(vm.Id)),
            ["Ports"] = ports,
            ["Networks"] = Networks(vm),
            ["Egress"] = Egress(vm.Spec.Network),
        };
    }

    /// <summary>Named ones, by name; addresses are known while it runs.</summary>
    private static JsonObject Networks(VmModel vm)
    {
        JsonObject networks = [];
        foreach (string name in vm.Spec.Network?.Networks ?? [])
        {
            NetworkPlace? place = vm.State.Networks.FirstOrDefault(place => place.Network == name);
            networks[name] = new JsonObject { ["IPAddress"] = place?.Address ?? "", ["GlobalIPv6Address"] = place?.Address6 ?? "" };
        }

        return networks;
    }

    /// <summary>A VM without a network reaches nothing.</summary>
    private static JsonObject Egress(NetworkSpec? network)
    {
        EgressSettings settings = network is null ? new EgressSettings(EgressMode.None, [], []) : network.Egress ?? EgressSettings.Open;
        return new JsonObject
        {
            ["Mode"] = settings.Mode.ToString().ToLowerInvariant(),
            ["Allow"] = JsonNodes.List(settings.Allow),
            ["Deny"] = JsonNodes.List(settings.Deny),
        };
    }

    /// <summary>0 is no bound.</summary>
    private static JsonObject Limits(VmLimits limits) => new()
    {
        ["NoSwap"] = limits.NoSwap,
        ["MemoryMax"] = limits.MemoryMaxBytes ?? 0,
        ["CpuWeight"] = limits.CpuWeight ?? 0,
        ["PidsMax"] = limits.PidsMax ?? 0,
    };
}
