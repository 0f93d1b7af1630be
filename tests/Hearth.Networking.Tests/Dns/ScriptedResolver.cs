using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Tests.Dns;

/// <summary>A resolver on loopback, UDP and TCP on one port, that answers as a test says; null leaves a question unanswered.</summary>
internal sealed class ScriptedResolver : IAsyncDisposable
{
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly Func<byte[], DnsMessage, bool, byte[]?> _answer;
    private readonly Task _serving;

    public ScriptedResolver(Func<byte[], DnsMessage, bool, byte[]?> answer)
    {
        _answer = answer;
        (_tcp, _udp) = BindBoth();
        EndPoint = (IPEndPoint)_tcp.LocalEndPoint!;
        _serving = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    /// <summary>A port that TCP gives may be another's for UDP, a question's among them: then the next one.</summary>
    private static (Socket Tcp, Socket Udp) BindBoth()
    {
        while (true)
        {
            Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            tcp.Listen();
            try
            {
                udp.Bind(tcp.LocalEndPoint!);
                return (tcp, udp);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                tcp.Dispose();
                udp.Dispose();
            }
        }
    }

    public IPEndPoint EndPoint { get; }

    public List<(int Port, ushort Id, bool ViaTcp)> Asked { get; } = [];

    /// <summary>A resolver that gives these addresses, each with this TTL, behind these aliases.</summary>
    public static ScriptedResolver Giving(uint timeToLive, string[] addresses, params string[] aliases) =>
        new((query, asked, _) => Reply(query, asked, timeToLive, [.. addresses.Select(IPAddress.Parse)], aliases));

    public static byte[] Reply(byte[] query, DnsMessage asked, uint timeToLive, IPAddress[] addresses, params string[] aliases)
    {
        List<byte> reply = [.. query[..asked.QuestionEnd]];
        reply[2] = 0x81;
        reply[3] = 0x80;
        List<byte> owner = [0xc0, 12];
        foreach (string alias in aliases)
        {
            byte[] target = [.. alias.Split('.').SelectMany(static label => new[] { (byte)label.Length }.Concat(System.Text.Encoding.ASCII.GetBytes(label))), 0];
            Add(reply, owner, DnsRecordType.CanonicalName, timeToLive, target);
            owner = [.. target];
        }

        IPAddress[] ofType = [.. addresses.Where(address => asked.Question.Type == (address.AddressFamily == AddressFamily.InterNetwork ? DnsRecordType.A : DnsRecordType.Aaaa))];
        foreach (IPAddress address in ofType)
        {
            Add(reply, owner, asked.Question.Type, timeToLive, address.GetAddressBytes());
        }

        byte[] bytes = [.. reply];
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)(aliases.Length + ofType.Length));
        bytes.AsSpan(8, 4).Clear();
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        _udp.Dispose();
        _tcp.Dispose();
        await _serving;
    }

    private static void Add(List<byte> reply, List<byte> owner, DnsRecordType type, uint timeToLive, byte[] data)
    {
        byte[] head = new byte[10];
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)type);
        head[3] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(4), timeToLive);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(8), (ushort)data.Length);
        reply.AddRange([.. owner, .. head, .. data]);
    }

    private async Task ServeUdpAsync()
    {
        byte[] buffer = new byte[65536];
        try
        {
            while (true)
            {
                SocketReceiveFromResult got = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                if (Answer(buffer[..got.ReceivedBytes], ((IPEndPoint)got.RemoteEndPoint).Port, viaTcp: false) is { } reply)
                {
                    await _udp.SendToAsync(reply, got.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using Socket client = await _tcp.AcceptAsync();
                while (await DnsStream.ReadAsync(client, CancellationToken.None) is { } query && Answer(query, ((IPEndPoint)client.RemoteEndPoint!).Port, viaTcp: true) is { } reply)
                {
                    await DnsStream.WriteAsync(client, reply, CancellationToken.None);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private byte[]? Answer(byte[] query, int port, bool viaTcp)
    {
        DnsMessage.TryParse(query, out DnsMessage? asked).ShouldBeTrue();
        lock (Asked)
        {
            Asked.Add((port, asked!.Id, viaTcp));
        }

        return _answer(query, asked, viaTcp);
    }
}
