using System.Text;
using Hearth.Core.Specs;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Protocol.Tests.Frames;

public sealed class FrameTests
{
    [Fact]
    public async Task Frames_have_the_documented_bytes()
    {
        MemoryStream stream = new();
        using FrameWriter writer = new(stream);
        await writer.WriteAsync(FrameType.Stdout, "hi"u8.ToArray(), CancellationToken.None);
        await writer.WriteResizeAsync(24, 80, CancellationToken.None);
        await writer.WriteJsonAsync(FrameType.Exit, new ExitMessage(137, 9, true), ProtocolJson.Default.ExitMessage, CancellationToken.None);
        Convert.ToHexStringLower(stream.ToArray()[..14]).ShouldBe("020000076869" + "0400000918005000");
        Encoding.UTF8.GetString(stream.ToArray()[18..]).ShouldBe("""{"exitCode":137,"signal":9,"oomKilled":true}""");
    }

    [Fact]
    public async Task A_frame_that_is_passed_on_has_the_bytes_it_came_with()
    {
        MemoryStream first = new();
        using FrameWriter writer = new(first);
        await writer.WriteAsync(FrameType.Stderr, new byte[100_000], CancellationToken.None);
        await writer.WriteAsync(FrameType.Stdout, "hi"u8.ToArray(), CancellationToken.None);
        MemoryStream second = new();
        using FrameWriter relay = new(second);
        FrameReader reader = new(new MemoryStream(first.ToArray()));
        while (await reader.ReadAsync(CancellationToken.None) is { } frame)
        {
            await relay.PassAsync(frame.Whole, CancellationToken.None);
        }

        second.ToArray().ShouldBe(first.ToArray());
    }

    [Fact]
    public async Task Requests_have_the_documented_json()
    {
        (await Json(new GuestSignalRequest(15))).ShouldBe("""{"op":"signal","signal":15,"all":false}""");
        (await Json(new GuestCopyOutRequest("/etc", AtRest: true))).ShouldBe("""{"op":"copyOut","path":"/etc","followLink":false,"atRest":true}""");
        (await Json(new GuestCopyInRequest("/etc", AtRest: true))).ShouldBe("""{"op":"copyIn","path":"/etc","statOnly":false,"keepOwner":false,"atRest":true}""");
        (await Json(new RunRequest(new GuestConfiguration(1, [2], "h", "0a", "squashfs", [], ["127.0.0.1 h"]), new ContainerSpec { Hostname = "h", Process = new ProcessSpec { Args = ["true"] } }))).ShouldBe(
            """{"op":"run","configuration":{"unixTimeNanoseconds":1,"entropy":"Ag==","hostname":"h","machineId":"0a","rootFileSystem":"squashfs","resolvers":[],"hosts":["127.0.0.1 h"]},"container":{"process":{"args":["true"],"env":[],"workingDirectory":"/","user":"","tty":false,"interactive":false,"rows":0,"columns":0,"privileged":false},"hostname":"h","capAdd":[],"capDrop":[],"readOnly":false,"tmpfs":{},"ulimits":[],"init":false,"stopSignal":"SIGTERM","cpus":0,"shmBytes":67108864}}""");
    }

    [Fact]
    public void A_member_that_may_be_null_comes_back_as_null()
    {
        PathReply path = new(true, false, "x", null, 0, 0);
        byte[] json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(path, ProtocolJson.Default.PathReply);
        FrameReader.Parse(json, ProtocolJson.Default.PathReply).ShouldBe(path);
        VmStats stats = new(null, 1, 2, 3);
        FrameReader.Parse(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(stats, ProtocolJson.Default.VmStats), ProtocolJson.Default.VmStats).ShouldBe(stats);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"agentVersion":null,"kernelRelease":"6.1","stages":{}}""")]
    [InlineData("""{"agentVersion":"1","kernelRelease":"6.1"}""")]
    public void A_message_that_lacks_a_member_is_refused(string json) =>
        Should.Throw<InvalidDataException>(() => FrameReader.Parse(Encoding.UTF8.GetBytes(json), ProtocolJson.Default.AgentReady));

    [Fact]
    public async Task A_clean_end_is_null_and_an_end_inside_a_frame_is_an_error()
    {
        FrameReader empty = new(new MemoryStream());
        (await empty.ReadAsync(CancellationToken.None)).ShouldBeNull();
        FrameReader torn = new(new MemoryStream([5, 0, 0, 7, 1, 2]));
        await Should.ThrowAsync<EndOfStreamException>(async () => await torn.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Mutated_frames_never_do_worse_than_invalid_data()
    {
        Random random = new(42);
        MemoryStream golden = new();
        using FrameWriter writer = new(golden);
        await writer.WriteJsonAsync<ControlRequest>(FrameType.Request, new StopRequest(5, "TERM"), ProtocolJson.Default.ControlRequest, CancellationToken.None);
        for (int i = 0; i < 5000; i++)
        {
            byte[] mutated = golden.ToArray();
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                mutated[random.Next(mutated.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                if (await new FrameReader(new MemoryStream(mutated)).ReadAsync(CancellationToken.None) is { Type: FrameType.Request } frame)
                {
                    FrameReader.Parse(frame.Payload, ProtocolJson.Default.ControlRequest).ShouldNotBeNull();
                }
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                // Refused as it should be.
            }
        }
    }

    private static async Task<string> Json(AgentRequest request)
    {
        MemoryStream stream = new();
        using FrameWriter writer = new(stream);
        await writer.WriteJsonAsync(FrameType.Request, request, ProtocolJson.Default.AgentRequest, CancellationToken.None);
        return Encoding.UTF8.GetString(stream.ToArray()[4..]);
    }
}
