using System.Net;
using System.Net.Sockets;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Tests.Dns;

public sealed class DnsForwarderTests : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly StaticNames _names = new();
    private readonly RecordingPolicy _policy = new();
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _serving = [];
    private readonly List<IDisposable> _owned = [];

    /// <summary>Long for a loaded machine; short where a test waits for it.</summary>
    private TimeSpan _attemptTimeout = TimeSpan.FromSeconds(4);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_serving);
        _owned.ForEach(static owned => owned.Dispose());
        _end.Dispose();
    }

    [Fact]
    public async Task A_question_over_udp_is_answered_with_its_own_id_and_shown_to_the_policy_first()
    {
        await using ScriptedResolver resolver = ScriptedResolver.Giving(300, ["192.0.2.10"], "cdn.example.net");
        IPEndPoint gateway = Serve(resolver.EndPoint);

        DnsMessage reply = await AskAsync(gateway, DnsReply.Question(77, "www.example.com", DnsRecordType.A));

        (reply.Id, reply.ResponseCode).ShouldBe(((ushort)77, DnsResponseCode.NoError));
        DnsAnswer seen = _policy.Answers.ShouldHaveSingleItem();
        seen.Question.Name.ShouldBe("www.example.com");
        seen.Aliases.ShouldBe(["cdn.example.net"]);
        seen.Addresses.ShouldBe([IPAddress.Parse("192.0.2.10")]);
    }

    [Fact]
    public async Task Every_question_has_a_port_of_its_own_and_an_id_that_is_not_the_guests()
    {
        await using ScriptedResolver resolver = ScriptedResolver.Giving(300, ["192.0.2.10"]);
        IPEndPoint gateway = Serve(resolver.EndPoint);

        for (int i = 0; i < 8; i++)
        {
            await AskAsync(gateway, DnsReply.Question(5, "www.example.com", DnsRecordType.A));
        }

        resolver.Asked.Select(static asked => asked.Port).Distinct().Count().ShouldBeGreaterThan(1);
        resolver.Asked.Select(static asked => asked.Id).Distinct().Count().ShouldBeGreaterThan(4);
    }

    [Fact]
    public async Task A_resolver_that_is_dead_or_fails_is_passed_over()
    {
        await using ScriptedResolver failing = new(static (query, asked, _) => DnsReply.Empty(query, asked, DnsResponseCode.ServerFailure));
        await using ScriptedResolver working = ScriptedResolver.Giving(300, ["192.0.2.10"]);
        using Socket closed = BoundSocket();
        IPEndPoint gone = (IPEndPoint)closed.LocalEndPoint!;
        closed.Dispose();
        IPEndPoint gateway = Serve(gone, failing.EndPoint, working.EndPoint);

        (await AskAsync(gateway, DnsReply.Question(1, "a.example", DnsRecordType.A))).Answers.Count.ShouldBe(1);
        (await AskAsync(gateway, DnsReply.Question(2, "b.example", DnsRecordType.A))).Answers.Count.ShouldBe(1);

        failing.Asked.Count.ShouldBe(1, "the one that answered is asked first from then on");
    }

    [Fact]
    public async Task A_resolver_that_is_silent_costs_its_time_and_then_the_next_is_asked()
    {
        _attemptTimeout = TimeSpan.FromMilliseconds(300);
        await using ScriptedResolver silent = new(static (_, _, _) => null);
        await using ScriptedResolver working = ScriptedResolver.Giving(300, ["192.0.2.10"]);
        IPEndPoint gateway = Serve(silent.EndPoint, working.EndPoint);

        (await AskAsync(gateway, DnsReply.Question(1, "a.example", DnsRecordType.A))).Answers.Count.ShouldBe(1);
    }

    [Fact]
    public async Task When_nobody_answers_the_guest_is_told_so()
    {
        _attemptTimeout = TimeSpan.FromMilliseconds(300);
        await using ScriptedResolver silent = new(static (_, _, _) => null);
        IPEndPoint gateway = Serve(silent.EndPoint);

        (await AskAsync(gateway, DnsReply.Question(1, "a.example", DnsRecordType.A))).ResponseCode.ShouldBe(DnsResponseCode.ServerFailure);
    }

    [Fact]
    public async Task A_reply_to_another_question_is_not_taken()
    {
        _attemptTimeout = TimeSpan.FromMilliseconds(300);
        await using ScriptedResolver liar = new(static (query, asked, _) =>
        {
            byte[] other = [.. query];
            other[13] = (byte)'x';
            return ScriptedResolver.Reply(other, asked, 300, [IPAddress.Parse("203.0.113.66")]);
        });
        IPEndPoint gateway = Serve(liar.EndPoint);

        (await AskAsync(gateway, DnsReply.Question(1, "a.example", DnsRecordType.A))).ResponseCode.ShouldBe(DnsResponseCode.ServerFailure);
        _policy.Answers.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_truncated_reply_is_fetched_over_tcp_and_cut_again_for_a_guest_that_takes_no_more()
    {
        IPAddress[] many = [.. Enumerable.Range(1, 60).Select(static i => IPAddress.Parse($"192.0.2.{i}"))];
        await using ScriptedResolver resolver = new((query, asked, viaTcp) =>
            viaTcp ? ScriptedResolver.Reply(query, asked, 300, many) : DnsReply.Empty(query, asked, DnsResponseCode.NoError, isTruncated: true));
        IPEndPoint gateway = Serve(resolver.EndPoint);
        byte[] query = DnsReply.Question(9, "many.example", DnsRecordType.A);

        DnsMessage cut = await AskAsync(gateway, query);
        DnsMessage whole = await AskOverTcpAsync(gateway, query);

        (cut.IsTruncated, cut.Answers.Count).ShouldBe((true, 0));
        (whole.IsTruncated, whole.Answers.Count).ShouldBe((false, 60));
        resolver.Asked.Select(static asked => asked.ViaTcp).ShouldBe([false, true, true]);
    }

    [Fact]
    public async Task A_denied_name_leaves_the_host_not_at_all()
    {
        await using ScriptedResolver resolver = ScriptedResolver.Giving(300, ["192.0.2.10"]);
        _policy.Verdict = DnsVerdict.Deny;
        IPEndPoint gateway = Serve(resolver.EndPoint);

        (await AskAsync(gateway, DnsReply.Question(1, "a.example", DnsRecordType.A))).ResponseCode.ShouldBe(DnsResponseCode.NoSuchName);
        resolver.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_that_the_policy_refuses_is_held_back()
    {
        await using ScriptedResolver resolver = ScriptedResolver.Giving(300, ["192.0.2.10"]);
        _policy.Accepts = false;
        IPEndPoint gateway = Serve(resolver.EndPoint);

        DnsMessage reply = await AskAsync(gateway, DnsReply.Question(1, "a.example", DnsRecordType.A));

        (reply.ResponseCode, reply.Answers.Count).ShouldBe((DnsResponseCode.NoSuchName, 0));
    }

    [Fact]
    public async Task Times_to_live_are_lowered_to_the_bound()
    {
        await using ScriptedResolver resolver = ScriptedResolver.Giving(86400, ["192.0.2.10"], "b.example");
        IPEndPoint gateway = Serve(resolver.EndPoint);

        DnsMessage reply = await AskAsync(gateway, DnsReply.Question(1, "a.example", DnsRecordType.A));

        reply.Answers.Select(static record => record.TimeToLive).ShouldBe([3600u, 3600u]);
    }

    [Fact]
    public async Task Static_names_are_answered_in_both_directions_and_nothing_of_their_zone_is_asked_elsewhere()
    {
        await using ScriptedResolver resolver = ScriptedResolver.Giving(300, ["192.0.2.10"]);
        _names.Replace([new(StaticNames.HostName, IPAddress.Parse("10.0.2.2")), new("db", IPAddress.Parse("10.0.2.17")), new("db", IPAddress.Parse("fd00::17"))]);
        IPEndPoint gateway = Serve(resolver.EndPoint);

        (await AskAsync(gateway, DnsReply.Question(1, StaticNames.HostName, DnsRecordType.A))).Answers.Single().Address.ShouldBe(IPAddress.Parse("10.0.2.2"));
        (await AskAsync(gateway, DnsReply.Question(1, "db", DnsRecordType.Aaaa))).Answers.Single().Address.ShouldBe(IPAddress.Parse("fd00::17"));
        (await AskAsync(gateway, DnsReply.Question(1, DnsNameText.Reverse(IPAddress.Parse("10.0.2.17")), DnsRecordType.Pointer))).Answers.Single().Target.ShouldBe("db");
        (await AskAsync(gateway, DnsReply.Question(1, DnsNameText.Reverse(IPAddress.Parse("fd00::17")), DnsRecordType.Pointer))).Answers.Single().Target.ShouldBe("db");
        DnsMessage noSuchType = await AskAsync(gateway, DnsReply.Question(1, StaticNames.HostName, DnsRecordType.Aaaa));
        (noSuchType.ResponseCode, noSuchType.Answers.Count).ShouldBe((DnsResponseCode.NoError, 0));
        (await AskAsync(gateway, DnsReply.Question(1, "other.hearth.internal", DnsRecordType.A))).ResponseCode.ShouldBe(DnsResponseCode.NoSuchName);
        resolver.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_no_question_gets_a_code_or_nothing_and_the_next_is_answered()
    {
        await using ScriptedResolver resolver = ScriptedResolver.Giving(300, ["192.0.2.10"]);
        IPEndPoint gateway = Serve(resolver.EndPoint);
        using DnsForwarder forwarder = new(() => Settings(resolver.EndPoint), _names, _policy, TimeProvider.System);
        byte[] response = DnsReply.Question(1, "a.example", DnsRecordType.A);
        response[2] |= 0x80;
        byte[] update = DnsReply.Question(1, "a.example", DnsRecordType.A);
        update[2] = 5 << 3;

        (await forwarder.AnswerAsync(new byte[5], false, default)).ShouldBeNull();
        (await forwarder.AnswerAsync(new byte[40], false, default))!.Length.ShouldBe(12);
        (await forwarder.AnswerAsync(response, false, default)).ShouldBeNull();
        ((await forwarder.AnswerAsync(update, false, default))![3] & 0xf).ShouldBe((int)DnsResponseCode.NotImplemented);
        ((await forwarder.AnswerAsync(DnsReply.Question(1, "a.example", DnsRecordType.ZoneTransfer), true, default))![3] & 0xf).ShouldBe((int)DnsResponseCode.NotImplemented);
        (await AskAsync(gateway, DnsReply.Question(1, "a.example", DnsRecordType.A))).Answers.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_hundred_questions_at_once_are_all_answered()
    {
        await using ScriptedResolver resolver = ScriptedResolver.Giving(300, ["192.0.2.10"]);
        IPEndPoint gateway = Serve(resolver.EndPoint);

        DnsMessage[] replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => AskAsync(gateway, DnsReply.Question((ushort)i, $"h{i}.example", DnsRecordType.A))));

        replies.Select(static reply => (reply.Id, reply.Question.Name)).ShouldBe(Enumerable.Range(0, 100).Select(static i => ((ushort)i, $"h{i}.example")));
    }

    private ResolverSettings Settings(params IPEndPoint[] servers) => ResolverSettings.Default with { Servers = servers, AttemptTimeout = _attemptTimeout };

    private static Socket BoundSocket()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static async Task<DnsMessage> AskAsync(IPEndPoint gateway, byte[] query)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using CancellationTokenSource bound = new(s_patience);
        await socket.ConnectAsync(gateway);
        await socket.SendAsync(query);
        byte[] buffer = new byte[65536];
        int got = await socket.ReceiveAsync(buffer, bound.Token);
        DnsMessage.TryParse(buffer.AsSpan(0, got), out DnsMessage? reply).ShouldBeTrue();
        return reply!;
    }

    private static async Task<DnsMessage> AskOverTcpAsync(IPEndPoint gateway, byte[] query)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource bound = new(s_patience);
        await socket.ConnectAsync(gateway);
        await DnsStream.WriteAsync(socket, query, bound.Token);
        DnsMessage.TryParse(await DnsStream.ReadAsync(socket, bound.Token), out DnsMessage? reply).ShouldBeTrue();
        return reply!;
    }

    /// <summary>A gateway on loopback, UDP and TCP on one port.</summary>
    private IPEndPoint Serve(params IPEndPoint[] servers)
    {
        DnsForwarder forwarder = new(() => Settings(servers), _names, _policy, TimeProvider.System);
        Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        tcp.Listen();
        Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(tcp.LocalEndPoint!);
        _owned.AddRange([forwarder, tcp, udp]);
        _serving.Add(forwarder.ServeUdpAsync(udp, _end.Token));
        _serving.Add(forwarder.ServeTcpAsync(tcp, _end.Token));
        return (IPEndPoint)tcp.LocalEndPoint!;
    }

    private sealed class RecordingPolicy : IDnsPolicy
    {
        public DnsVerdict Verdict { get; set; } = DnsVerdict.Forward;

        public bool Accepts { get; set; } = true;

        public List<DnsAnswer> Answers { get; } = [];

        public DnsVerdict Decide(DnsQuestion question) => Verdict;

        public ValueTask<bool> AcceptAsync(DnsAnswer answer, CancellationToken cancellationToken)
        {
            lock (Answers)
            {
                Answers.Add(answer);
            }

            return ValueTask.FromResult(Accepts);
        }
    }
}
