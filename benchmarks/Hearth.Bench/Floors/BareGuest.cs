using System.Text;
using Hearth.Bench.Measurement;
using Hearth.Core.Specs;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Bench.Floors;

/// <summary>
/// A bare machine that has booted and runs a container, asked by this program what a supervisor asks: the guest of a VM, with nobody of
/// Hearth's on the host. Disposing ends it.
/// </summary>
internal sealed class BareGuest : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);
    private static readonly string[] s_environment = ["PATH=/bin", "LD_LIBRARY_PATH=/lib"];

    private readonly BareMachine _machine;
    private readonly LinkConnection _link;

    private BareGuest(BareMachine machine, LinkConnection link)
    {
        _machine = machine;
        _link = link;
    }

    /// <summary>Boots it and starts its container.</summary>
    /// <param name="template">Of a VM of the same image.</param>
    /// <param name="launch">Where it stands.</param>
    /// <param name="network">What its interface is given.</param>
    /// <param name="command">What the container runs.</param>
    /// <param name="ready">What its output shows when others may come.</param>
    public static async Task<BareGuest> StartAsync(MachineTemplate template, BareLaunch launch, GuestNetwork network, IReadOnlyList<string> command, string ready)
    {
        BareMachine machine = await BareMachine.StartAsync(template, new BareMachineFiles(template), launch: launch);
        LinkConnection link = new(machine.Link, isHost: true, "bench: link");
        BareGuest guest = new(machine, link);
        try
        {
            TaskCompletionSource<LinkStream> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
            link.Listen(AgentPorts.Events, stream => opened.TrySetResult(stream));
            link.Start((ulong)Random.Shared.NextInt64());
            await new FrameReader(await opened.Task.WaitAsync(s_limit)).ReadAsync(CancellationToken.None);
            await guest.RunAsync(network, command, ready).WaitAsync(s_limit);
            return guest;
        }
        catch
        {
            guest.Dispose();
            throw;
        }
    }

    /// <summary>Runs one more program in the container, to its end.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="BenchException">It failed.</exception>
    public async Task<string> ExecAsync(params IReadOnlyList<string> command)
    {
        GuestExecRequest request = new(new ProcessSpec { Args = command, Env = s_environment });
        using StringWriter output = new();
        int exitCode = await AskAsync(request, text => output.Write(text)).WaitAsync(s_limit);
        return exitCode == 0 ? output.ToString() : throw new BenchException($"'{string.Join(' ', command)}' in a bare guest ended with exit code {exitCode}: {output}");
    }

    public void Dispose()
    {
        _link.Dispose();
        _machine.Dispose();
    }

    private async Task RunAsync(GuestNetwork network, IReadOnlyList<string> command, string ready)
    {
        long now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        GuestConfiguration configuration = new(now, new byte[64], "bare", new string('0', 32), "squashfs", [], ["127.0.0.1\tlocalhost"], network);
        ContainerSpec container = new() { Hostname = "bare", Process = new ProcessSpec { Args = command, Env = s_environment } };
        TaskCompletionSource shown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        StringBuilder output = new();
        Task<int> running = AskAsync(new RunRequest(configuration, container), text =>
        {
            if (output.Append(text).ToString().Contains(ready, StringComparison.Ordinal))
            {
                shown.TrySetResult();
            }
        });
        if (await Task.WhenAny(shown.Task, running) == running)
        {
            throw new BenchException($"The container of a bare guest ended with exit code {await running}: {output}");
        }
    }

    /// <summary>Sends a request and reads its answer to the end.</summary>
    /// <returns>The exit code.</returns>
    private async Task<int> AskAsync(AgentRequest request, Action<string> said)
    {
        LinkStream stream = _link.Connect(AgentPorts.Service);
        using FrameWriter writer = new(stream);
        await writer.WriteJsonAsync(FrameType.Request, request, ProtocolJson.Default.AgentRequest, CancellationToken.None);
        FrameReader reader = new(stream);
        while (await reader.ReadAsync(CancellationToken.None) is { } frame)
        {
            switch (frame.Type)
            {
                case FrameType.Stdout or FrameType.Stderr:
                    said(Encoding.UTF8.GetString(frame.Payload.Span));
                    break;
                case FrameType.Exit:
                    return FrameReader.Parse(frame.Payload, ProtocolJson.Default.ExitMessage).ExitCode;
                case FrameType.Error:
                    throw new BenchException($"The agent of a bare guest refused: {Encoding.UTF8.GetString(frame.Payload.Span)}");
                default:
                    break;
            }
        }

        throw new BenchException("The agent of a bare guest said nothing of its process's end.");
    }
}
