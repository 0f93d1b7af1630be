using System.Buffers.Binary;
using System.Net.Sockets;
using System.Net;
using Hearth.Core.Hashing;

namespace Hearth.Networking.Dns;

/// <summary>
/// Asks the host's resolvers. Every attempt has a socket of its own, and so a source port that nobody can guess, and a random id
/// (RFC 5452); the socket is connected, so that the kernel drops what comes from elsewhere. A reply must repeat id and question.
/// </summary>
internal sealed class DnsExchange(Func<ResolverSettings> settings, TimeProvider time)
{
    /// <summary>Under the 5 s after which a guest's resolver asks again.</summary>
    internal static readonly TimeSpan Bound = TimeSpan.FromSeconds(4.5);

    /// <summary>Which of the servers answered last: with the first one dead, not every question waits for it.</summary>
    private volatile int _preferred;

    /// <summary>The reply's bytes, with the question's id; null when no resolver gave one.</summary>
    /// <param name="query">A whole question; its id is replaced on the way.</param>
    /// <param name="asked">The same, parsed.</param>
    /// <param name="viaTcp">The guest came over TCP; an answer may be large.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<(byte[] Bytes, DnsMessage Message)?> AskAsync(ReadOnlyMemory<byte> query, DnsMessage asked, bool viaTcp, CancellationToken cancellationToken)
    {
        ResolverSettings now = settings();
        using CancellationTokenSource bound = new(Bound, time);
        using CancellationTokenSource all = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        (byte[], DnsMessage)? unhelpful = null;
        int first = _preferred % now.Servers.Count;
        for (int i = 0; i < now.Servers.Count * now.Attempts && !bound.IsCancellationRequested; i++)
        {
            int at = (first + i) % now.Servers.Count;
            if (await TryAskAsync(now.Servers[at], query, asked, viaTcp, now.AttemptTimeout, all.Token) is not { } reply)
            {
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            BinaryPrimitives.WriteUInt16BigEndian(reply.Bytes, asked.Id);
            if (reply.Message.ResponseCode is DnsResponseCode.NoError or DnsResponseCode.NoSuchName)
            {
                _preferred = at;
                return reply;
            }

            // SERVFAIL and REFUSED are this server's; the next may know better.
            unhelpful ??= reply;
            if (i >= now.Servers.Count - 1)
            {
                break;
            }
        }

        return unhelpful;
    }

    private async Task<(byte[] Bytes, DnsMessage Message)?> TryAskAsync(
        IPEndPoint server, ReadOnlyMemory<byte> query, DnsMessage asked, bool viaTcp, TimeSpan timeout, CancellationToken bound)
    {
        using CancellationTokenSource attempt = CancellationTokenSource.CreateLinkedTokenSource(bound);
        using ITimer timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), attempt, timeout, Timeout.InfiniteTimeSpan);
        byte[] own = query.ToArray();
        ushort id = (ushort)SystemRandom.GetInt32(0x10000);
        BinaryPrimitives.WriteUInt16BigEndian(own, id);
        try
        {
            (byte[] Bytes, DnsMessage Message)? reply = viaTcp ? null : await OverUdpAsync(server, own, asked, attempt.Token);
            return viaTcp || reply is { Message.IsTruncated: true } ? await OverTcpAsync(server, own, asked, attempt.Token) : reply;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null; // Refused, unreachable, no route for this family, too late: the next server.
        }
    }

    private static async Task<(byte[] Bytes, DnsMessage Message)?> OverUdpAsync(IPEndPoint server, byte[] query, DnsMessage asked, CancellationToken cancellationToken)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken);
        await socket.SendAsync(query, SocketFlags.None, cancellationToken);
        byte[] buffer = new byte[DnsMessage.MaxBytes];
        while (true)
        {
            int got = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            if (Accept(buffer.AsSpan(0, got), query, asked) is { } message)
            {
                return (buffer[..got], message);
            }
        }
    }

    private static async Task<(byte[] Bytes, DnsMessage Message)?> OverTcpAsync(IPEndPoint server, byte[] query, DnsMessage asked, CancellationToken cancellationToken)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellationToken);
        await DnsStream.WriteAsync(socket, query, cancellationToken);
        return await DnsStream.ReadAsync(socket, cancellationToken) is { } bytes && Accept(bytes, query, asked) is { } message ? (bytes, message) : null;
    }

    private static DnsMessage? Accept(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> query, DnsMessage asked) =>
        DnsMessage.TryParse(reply, out DnsMessage? message) && message!.IsResponse && message.Id == BinaryPrimitives.ReadUInt16BigEndian(query) && message.Question == asked.Question
            ? message
            : null;
}
