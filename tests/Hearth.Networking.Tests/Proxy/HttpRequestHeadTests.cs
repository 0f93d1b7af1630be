using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Networking.Proxy;

namespace Hearth.Networking.Tests.Proxy;

public sealed class HttpRequestHeadTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: A.example\r\n\r\n", "a.example", 0L)]
    [InlineData("GET / HTTP/1.1\r\nhost:\ta.example:8080 \r\nAccept: */*\r\n\r\n", "a.example", 0L)]
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\nHost: a.example.\r\n\r\n", "a.example", 0L)]
    [InlineData("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 12\r\n\r\n", "a.example", 12L)]
    [InlineData("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: Chunked\r\n\r\n", "a.example", null)]
    [InlineData("GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n", "a.example", 0L)]
    [InlineData("GET HTTP://a.example:80 HTTP/1.1\r\n\r\n", "a.example", 0L)]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", "a.example", 0L)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", null, 0L)]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\n\r\n", null, 0L)]
    [InlineData("GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n", null, 0L)]
    [InlineData("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", null, 0L)]
    public void A_head_is_read(string text, string? name, long? body) =>
        Parse(text).ShouldBe(new HttpRequestHead(HeadState.Complete, name, text.Length, body));

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: a.example\n\r\n\r\n", "a control character in the head")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example\r\nX: a\rHost: b.example\r\n\r\n", "a control character in the head")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n", "two fields 'host'")]
    [InlineData("GET / HTTP/1.1\r\nHost : a.example\r\n\r\n", "a field that has no name, or a blank before or in it")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example\r\n b.example\r\n\r\n", "a field that has no name, or a blank before or in it")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example,b.example\r\n\r\n", "a host that is neither a name nor an address")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example@b.example\r\n\r\n", "a host that is neither a name nor an address")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example:80x\r\n\r\n", "a host that is neither a name nor an address")]
    [InlineData("GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "a target and a field Host that differ")]
    [InlineData("GET ftp://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "a target that is no path and no address of HTTP")]
    [InlineData("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", "CONNECT")]
    [InlineData("PRI * HTTP/2.0\r\n\r\n", "HTTP/2 without TLS")]
    [InlineData("GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: h2c\r\n\r\n", "HTTP/2 without TLS")]
    [InlineData("GET  / HTTP/1.1\r\nHost: a.example\r\n\r\n", "a request line that is none")]
    [InlineData("GET / http/1.1\r\nHost: a.example\r\n\r\n", "a request line that is none")]
    [InlineData("GET / HTTP/1.1 \r\nHost: a.example\r\n\r\n", "a request line that is none")]
    [InlineData("GET / HTTP/2.0\r\nHost: a.example\r\n\r\n", "a request line that is none")]
    [InlineData("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "a length that is none, or stands beside a coding")]
    [InlineData("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", "two fields 'content-length'")]
    [InlineData("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: +5\r\n\r\n", "a length that is none, or stands beside a coding")]
    [InlineData("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: xchunked\r\n\r\n", "a coding of the transfer other than chunked")]
    [InlineData("POST / HTTP/1.0\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n", "a coding of the transfer other than chunked")]
    public void What_two_servers_could_read_differently_is_refused(string text, string fault) =>
        Parse(text).ShouldBe(new HttpRequestHead(HeadState.Refused, Fault: fault));

    [Fact]
    public void A_head_is_not_complete_before_its_last_byte()
    {
        const string Text = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
        for (int length = 0; length < Text.Length; length++)
        {
            Parse(Text[..length]).State.ShouldBe(HeadState.More, $"{length} bytes");
        }
    }

    [Fact]
    public void A_head_without_an_end_is_refused_at_its_bound()
    {
        string text = "GET / HTTP/1.1\r\nHost: a.example\r\nX: ";

        Parse(text + new string('x', HttpRequestHead.MaxBytes)).State.ShouldBe(HeadState.Refused);
        Parse(text + new string('x', HttpRequestHead.MaxBytes) + "\r\n\r\n").State.ShouldBe(HeadState.Refused);
    }

    [Fact]
    public void A_websocket_is_recognized() =>
        Parse("GET /chat HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n").IsWebSocket.ShouldBeTrue();

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", HeadKind.Http)]
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\n", HeadKind.Http)]
    [InlineData(" GET / HTTP/1.1\n", HeadKind.Http)]
    [InlineData("get\t/\thttp/1.1\n", HeadKind.Http)]
    [InlineData("PRI * HTTP/2.0\r\n", HeadKind.Http)]
    [InlineData("GET /", HeadKind.Undecided)]
    [InlineData("GET", HeadKind.Undecided)]
    [InlineData("", HeadKind.Undecided)]
    [InlineData("\r\n", HeadKind.Undecided)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", HeadKind.Other)]
    [InlineData("EHLO mail.example\r\n", HeadKind.Other)]
    [InlineData("*1\r\n$4\r\nPING\r\n", HeadKind.Other)]
    [InlineData("\x16\x02", HeadKind.Other)]
    [InlineData("\x16", HeadKind.Undecided)]
    [InlineData("\x16\x03", HeadKind.Tls)]
    [InlineData("\0\0\0\x8", HeadKind.Other)]
    [InlineData("0032git-upload-pack /x.git\0host=a.example\0", HeadKind.Other)]
    public void A_protocol_is_told_by_its_first_bytes(string text, object kind) => HeadSniffer.Sniff(Encoding.Latin1.GetBytes(text)).ShouldBe((HeadKind)kind);

    [Fact]
    public void Any_change_of_a_head_is_refused_or_read_within_its_bounds()
    {
        byte[] good = Encoding.Latin1.GetBytes("POST http://a.example/ HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 12\r\nUpgrade: websocket\r\n\r\n");
        Prop.ForAll<(ushort At, byte Value)[]>(changes =>
        {
            byte[] bytes = [.. good];
            foreach ((ushort at, byte value) in changes)
            {
                bytes[at % bytes.Length] = value;
            }

            HttpRequestHead head = HttpRequestHead.Parse(bytes);
            (head.State == HeadState.Complete).ShouldBe(head.Bytes > 0);
            (head.State == HeadState.Refused).ShouldBe(head.Fault is not null);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    private static HttpRequestHead Parse(string text) => HttpRequestHead.Parse(Encoding.Latin1.GetBytes(text));
}
