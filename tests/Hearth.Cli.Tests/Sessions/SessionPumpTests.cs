using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Hearth.Cli.Sessions;
using Hearth.Cli.Terminal;
using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Protocol;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Tests.Sessions;

public sealed class SessionPumpTests : IDisposable
{
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024));
    private readonly Pipe _toServer = new();
    private readonly FrameWriter _server;
    private readonly FrameReader _received;
    private readonly FrameWriter _clientWriter;
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(20));

    public SessionPumpTests()
    {
        _server = new FrameWriter(_toClient.Writer.AsStream());
        _received = new FrameReader(_toServer.Reader.AsStream());
        _clientWriter = new FrameWriter(_toServer.Writer.AsStream());
    }

    public void Dispose()
    {
        _server.Dispose();
        _clientWriter.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task Output_and_errors_stay_apart_and_binary_and_the_exit_code_comes_last()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(300_000);
        var output = new MemoryStream();
        var error = new MemoryStream();
        Task<SessionEnd> session = Pump(null, output, error).RunAsync(_limit.Token);
        foreach (byte[] chunk in bytes.Chunk(Frame.ChunkBytes))
        {
            await _server.WriteAsync(FrameType.Stdout, chunk, _limit.Token);
        }

        await _server.WriteAsync(FrameType.Stderr, "oops"u8.ToArray(), _limit.Token);
        await ExitAsync(42);
        (await session).ShouldBe(SessionEnd.Exited(42));
        output.ToArray().ShouldBe(bytes);
        error.ToArray().ShouldBe("oops"u8.ToArray());
    }

    [Fact]
    public async Task Input_goes_on_whole_and_its_end_is_told()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(200_000);
        Task<SessionEnd> session = Pump(new MemoryStream(bytes), Stream.Null, Stream.Null).RunAsync(_limit.Token);
        var got = new MemoryStream();
        while (await _received.ReadAsync(_limit.Token) is { Type: FrameType.Stdin } frame)
        {
            got.Write(frame.Payload.Span);
        }

        got.ToArray().ShouldBe(bytes);
        await ExitAsync(0);
        (await session).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_slow_reader_stops_the_sender_and_nothing_is_queued()
    {
        using var gate = new GatedStream();
        Task<SessionEnd> session = Pump(null, gate, Stream.Null).RunAsync(_limit.Token);
        byte[] chunk = new byte[32 * 1024];
        int sent = 0;
        Task send = Task.Run(async () =>
        {
            for (; sent < 100; sent++)
            {
                await _server.WriteAsync(FrameType.Stdout, chunk, _limit.Token);
            }
        });
        await gate.Entered.WaitAsync(_limit.Token);

        // The stream takes nothing: at most one frame in the pump and two thresholds of the pipe are on the way.
        (await Task.WhenAny(send, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, _limit.Token))).ShouldNotBe(send);
        sent.ShouldBeLessThan(8);
        gate.Open();
        await send;
        await ExitAsync(0);
        await session;
        gate.Written.ShouldBe(100L * chunk.Length);
    }

    [Fact]
    public async Task The_detach_keys_leave_the_session()
    {
        var input = new MemoryStream([.. "ls"u8, 16, 17, .. "rest"u8]);
        var pump = new SessionPump(new FrameReader(_toClient.Reader.AsStream()), _clientWriter, new SessionStreams(input, Stream.Null, Stream.Null), DetachKeys.Parse(DetachKeys.Default));
        (await pump.RunAsync(_limit.Token)).ShouldBe(SessionEnd.Detached);
        Frame frame = (await _received.ReadAsync(_limit.Token))!.Value;
        Encoding.ASCII.GetString(frame.Payload.Span).ShouldBe("ls");
    }

    [Fact]
    public async Task A_closed_output_ends_as_SIGPIPE_would()
    {
        Task<SessionEnd> session = Pump(null, new BrokenStream(), Stream.Null).RunAsync(_limit.Token);
        await _server.WriteAsync(FrameType.Stdout, "x"u8.ToArray(), _limit.Token);
        (await session).ShouldBe(new SessionEnd(SessionEndReason.OutputClosed, 141));
    }

    [Fact]
    public async Task An_error_frame_is_the_supervisors_error()
    {
        Task<SessionEnd> session = Pump(null, Stream.Null, Stream.Null).RunAsync(_limit.Token);
        await _server.WriteJsonAsync(FrameType.Error, new ErrorMessage("command.not-found", "nope: not found", "Check it.", 127), ProtocolJson.Default.ErrorMessage, _limit.Token);
        var error = await Should.ThrowAsync<HearthException>(session);
        (error.Code, error.ExitCode).ShouldBe(("command.not-found", 127));
    }

    [Fact]
    public async Task A_connection_that_ends_without_an_exit_is_an_error()
    {
        Task<SessionEnd> session = Pump(null, Stream.Null, Stream.Null).RunAsync(_limit.Token);
        await _toClient.Writer.CompleteAsync();
        (await Should.ThrowAsync<HearthException>(session)).Code.ShouldBe("session.lost");
    }

    private SessionPump Pump(Stream? input, Stream output, Stream error) =>
        new(new FrameReader(_toClient.Reader.AsStream()), _clientWriter, new SessionStreams(input, output, error), null);

    private ValueTask ExitAsync(int code) => _server.WriteJsonAsync(FrameType.Exit, new ExitMessage(code), ProtocolJson.Default.ExitMessage, _limit.Token);

    private sealed class BrokenStream : MemoryStream
    {
        private const int BrokenPipe = 32;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new ErrnoException("write", BrokenPipe, "standard output");
    }

    private sealed class GatedStream : MemoryStream
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public long Written { get; private set; }

        public void Open() => _open.TrySetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _entered.TrySetResult();
            await _open.Task.WaitAsync(cancellationToken);
            Written += buffer.Length;
        }
    }
}
