using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Networking.Egress;
using Hearth.Networking.Proxy;

namespace Hearth.Networking.Tests.Proxy;

public sealed class RequestInspectorTests
{
    private const string Good = "GET / HTTP/1.1\r\nHost: good.example\r\n\r\n";
    private const string Evil = "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";

    private readonly List<string?> _seen = [];

    [Fact]
    public void Every_request_of_a_kept_connection_is_checked()
    {
        Feed(Good + Good).ShouldBe((Good + Good, InspectionVerdict.More));
        _seen.ShouldBe(["good.example", "good.example"]);
        Feed(Good + Evil).Verdict.ShouldBe(InspectionVerdict.Deny);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: good.example\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("POST / HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    public void A_request_behind_a_body_is_checked_and_one_within_it_is_not(string request)
    {
        Feed(request + Good).ShouldBe((request + Good, InspectionVerdict.More));
        Feed(request + Evil).Verdict.ShouldBe(InspectionVerdict.Deny);
        string within = Evil;
        Feed($"POST / HTTP/1.1\r\nHost: good.example\r\nContent-Length: {within.Length}\r\n\r\n{within}").Verdict.ShouldBe(InspectionVerdict.More);
    }

    [Theory]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("-5\r\nhello")]
    [InlineData("\r\nhello")]
    [InlineData("ffffffffffffffffff\r\nhello")]
    [InlineData("5\rX\r\nhello")]
    public void Chunks_that_two_servers_could_read_differently_are_refused(string chunks) =>
        Feed("POST / HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks).Verdict.ShouldBe(InspectionVerdict.Deny);

    [Fact]
    public void A_websocket_goes_on_unread_when_the_server_switches_and_read_when_it_does_not()
    {
        const string Request = "GET / HTTP/1.1\r\nHost: good.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
        byte[] bytes = Encoding.Latin1.GetBytes(Request + Evil);

        RequestInspector switched = Inspector();
        switched.Advance(bytes).ShouldBe(new Inspection(Request.Length, InspectionVerdict.AwaitAnswer));
        switched.AnswerBegan(isSwitched: true);
        switched.Advance(bytes.AsSpan(Request.Length)).ShouldBe(new Inspection(Evil.Length, InspectionVerdict.Opaque));

        RequestInspector refused = Inspector();
        refused.Advance(bytes);
        refused.AnswerBegan(isSwitched: false);
        refused.Advance(bytes.AsSpan(Request.Length)).Verdict.ShouldBe(InspectionVerdict.Deny);

        Feed(Good + Request).Verdict.ShouldBe(InspectionVerdict.Deny, "whose answer it is would not be known");
    }

    [Fact]
    public void A_second_hello_is_checked_like_the_first()
    {
        byte[] changeCipherSpec = [0x14, 3, 3, 0, 1, 1];
        byte[] data = [0x17, 3, 3, 0, 2, 9, 9];
        byte[] good = ClientHelloTests.Hello("good.example");
        byte[] evil = ClientHelloTests.Hello("evil.example");

        Inspector().Advance([.. good, .. changeCipherSpec, .. good, .. data]).ShouldBe(new Inspection((good.Length * 2) + 13, InspectionVerdict.Opaque));
        Inspector().Advance([.. good, .. changeCipherSpec, .. evil]).Verdict.ShouldBe(InspectionVerdict.Deny);
        Inspector().Advance([.. good, .. evil]).Verdict.ShouldBe(InspectionVerdict.Deny);
        Inspector().Advance(evil).Verdict.ShouldBe(InspectionVerdict.Deny);
    }

    [Fact]
    public void What_is_neither_is_checked_without_a_name()
    {
        Feed("SSH-2.0-x\r\n").ShouldBe(("SSH-2.0-x\r\n", InspectionVerdict.Opaque));
        _seen.ShouldBe([null]);
    }

    [Fact]
    public void Nothing_of_a_head_passes_before_it_was_checked()
    {
        RequestInspector inspector = Inspector();
        byte[] bytes = Encoding.Latin1.GetBytes(Good);

        for (int length = 1; length < bytes.Length; length++)
        {
            inspector.Advance(bytes.AsSpan(0, length)).ShouldBe(new Inspection(0));
        }
    }

    [Fact]
    public void However_a_stream_is_cut_the_same_passes()
    {
        string stream = Good + "POST / HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n"
            + "POST / HTTP/1.1\r\nHost: good.example\r\nContent-Length: 7\r\n\r\n1234567" + Good;
        Prop.ForAll<byte[]>(cuts =>
        {
            RequestInspector inspector = Inspector();
            byte[] bytes = Encoding.Latin1.GetBytes(stream);
            int passed = 0, shown = 0, cut = 0;
            while (shown < bytes.Length)
            {
                shown = Math.Min(bytes.Length, shown + 1 + (cuts.Length > 0 ? cuts[cut++ % cuts.Length] % 40 : 0));
                Inspection step = inspector.Advance(bytes.AsSpan(passed, shown - passed));
                step.Verdict.ShouldBe(InspectionVerdict.More);
                passed += step.Pass;
            }

            passed.ShouldBe(bytes.Length);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Random_bytes_are_inspected_within_their_bounds() =>
        Prop.ForAll<byte[], byte>(static (bytes, shape) =>
        {
            byte[] start = (shape % 3) switch { 0 => [], 1 => Encoding.Latin1.GetBytes(Good), _ => ClientHelloTests.Hello("good.example") };
            Inspection step = new RequestInspector(static _ => new EgressDecision(true, EgressBasis.Name, "")).Advance([.. start, .. bytes]);
            step.Pass.ShouldBeInRange(0, start.Length + bytes.Length);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    private RequestInspector Inspector() => new(name =>
    {
        _seen.Add(name);
        return new EgressDecision(name != "evil.example", EgressBasis.Name, "test");
    });

    private (string Passed, InspectionVerdict Verdict) Feed(string stream)
    {
        Inspection step = Inspector().Advance(Encoding.Latin1.GetBytes(stream));
        return (stream[..step.Pass], step.Verdict);
    }
}
