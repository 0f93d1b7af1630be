using System.Diagnostics;
using Hearth.Bench.Measurement;
using Hearth.Core.Specs;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Bench.Sections;

/// <summary><c>hearth exec</c>, whole and by stage.</summary>
internal sealed class ExecSection : ISection
{
    private const int Rounds = 100;
    private const int WarmUps = 5;
    private const double BoundMilliseconds = 40;
    private const string VmName = "bench-exec";

    public string Name => "exec";

    public string Title => "exec";

    public string Method => """
        `hearth exec VM true` in a running `@busybox` VM that was booted (`run --no-template`) and is otherwise idle, from before the client starts until it has exited with 0. By turns with it the
        same request is made by this program on the VM's control socket, which gives the time without the client and, from the agent's own clock, the
        time inside the guest. Client = the command's time less the request's time; link = the request's time less the agent's (supervisor,
        virtio-serial, wake-ups on both sides); agent = the request's arrival there to the process's start; process = its start to its end. Five of each before, not counted.
        """;

    public async Task<SectionResult> RunAsync(BenchContext context)
    {
        VmModel vm = context.Hearth.StartBooted(VmName);
        try
        {
            Split split = new();
            for (int round = 0; round < Rounds + WarmUps; round++)
            {
                double command = context.Hearth.RunChecked("exec", VmName, "true").Elapsed.TotalMilliseconds;
                Request request = await RequestAsync(vm);
                if (round >= WarmUps)
                {
                    split.Add(command, request);
                }
            }

            context.Say($"exec: p50 {split.Command.Median:0.0} ms, p99 {split.Command.Percentile(99):0.0} ms");
            return split.ToResult();
        }
        finally
        {
            context.Hearth.Remove(VmName);
        }
    }

    private static async Task<Request> RequestAsync(VmModel vm)
    {
        ProcessSpec process = vm.Spec.Container.Process with { Args = ["true"], Tty = false, Interactive = false };
        long began = Stopwatch.GetTimestamp();
        await using ControlConnection connection = await ControlConnection.ConnectAsync(vm, new ExecRequest(process), CancellationToken.None);
        double started = 0;
        while (await connection.Reader.ReadAsync(CancellationToken.None) is { } frame)
        {
            switch (frame.Type)
            {
                case FrameType.Started:
                    started = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                    break;
                case FrameType.Exit:
                    double ended = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                    ExitMessage exit = FrameReader.Parse(frame.Payload, ProtocolJson.Default.ExitMessage);
                    return exit is { ExitCode: 0, Stages: { } stages }
                        ? new Request(started, ended, stages["started"], stages["ended"])
                        : throw new BenchException($"The guest's 'true' ended with exit code {exit.ExitCode}, or the agent gave no stages.");
                case FrameType.Error:
                    throw ControlConnection.ToException(frame.Payload);
                default:
                    break;
            }
        }

        throw new BenchException("The supervisor closed the connection of an exec.");
    }

    /// <summary>Milliseconds: the first two by this program's clock since before the connection, the others by the agent's since the request's arrival.</summary>
    private readonly record struct Request(double Started, double Ended, double AgentStarted, double AgentEnded);

    private sealed class Split
    {
        private readonly Samples _request = new();
        private readonly Samples _toStarted = new();
        private readonly Samples _client = new();
        private readonly Samples _link = new();
        private readonly Samples _agent = new();
        private readonly Samples _process = new();

        public Samples Command { get; } = new();

        public void Add(double command, Request request)
        {
            Command.Add(command);
            _request.Add(request.Ended);
            _toStarted.Add(request.Started);
            _client.Add(command - request.Ended);
            _link.Add(request.Ended - request.AgentEnded);
            _agent.Add(request.AgentStarted);
            _process.Add(request.AgentEnded - request.AgentStarted);
        }

        public SectionResult ToResult() => new(
            [
                Goal.AtMost("`hearth exec VM true`, p50", BoundMilliseconds, Command.Median, "ms"),
            ],
            [
                new("`hearth exec VM true`", Command),
                new("the request alone: connect to Exit", _request),
                new("the request alone: connect to Started", _toStarted),
                new("split: client", _client),
                new("split: link", _link),
                new("split: agent", _agent),
                new("split: process", _process),
            ]);
    }
}
