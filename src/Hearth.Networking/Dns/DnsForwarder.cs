using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Hearth.Core.Errors;

namespace Hearth.Networking.Dns;

// A guest asks the gateway's port 53; the sockets are bound inside the VM's network namespace, the questions to the host's
// resolvers leave from the host. A question goes through four steps: parse (FORMERR, NOTIMP), static names, the policy's
// verdict, the resolvers (SERVFAIL when none answers within DnsExchange.Bound). An answer is shown to the policy before it is sent.
//
// Bounds: MaxQueries questions are under way at once; the rest waits in the kernel's socket buffer, which drops what does not
// fit. MaxConnections TCP connections, one question at a time on each, IdleTimeout between two.

/// <summary>Answers a guest's questions over UDP and TCP.</summary>
/// <param name="settings">The resolvers that hold now; asked with every question.</param>
/// <param name="names">What is answered without them.</param>
/// <param name="policy">What may be asked.</param>
/// <param name="time">The clock of the bounds.</param>
public sealed class DnsForwarder(Func<ResolverSettings> settings, StaticNames names, IDnsPolicy policy, TimeProvider time) : IDisposable
{
    internal const int MaxQueries = 128;
    internal const int MaxConnections = 32;

    /// <summary>No answer keeps an address in use for longer without being asked for again; see the policy's grants.</summary>
    public static readonly TimeSpan MaxTimeToLive = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(10);

    private readonly DnsExchange _exchange = new(settings, time);
    private readonly SemaphoreSlim _queries = new(MaxQueries);
    private readonly SemaphoreSlim _connections = new(MaxConnections);

    /// <summary>Serves a bound UDP socket until cancelled or until the socket is closed; all that is under way has ended then.</summary>
    public async Task ServeUdpAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[DnsMessage.MaxBytes];
        HashSet<Task> underWay = [];
        SocketAddress from = new(socket.AddressFamily);
        try
        {
            while (true)
            {
                int got = await ReceiveAsync(socket, buffer, from, cancellationToken);
                await _queries.WaitAsync(cancellationToken);
                underWay.RemoveWhere(static task => task.IsCompleted);
                SocketAddress sender = Copy(from);
                underWay.Add(AnswerUdpAsync(socket, buffer.AsSpan(0, got).ToArray(), sender, cancellationToken));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end: cancelled, or the socket is gone.
        }
        finally
        {
            await Task.WhenAll(underWay);
        }
    }

    /// <summary>Serves a listening TCP socket until cancelled or until it is closed; all connections have ended then.</summary>
    public async Task ServeTcpAsync(Socket listener, CancellationToken cancellationToken)
    {
        HashSet<Task> underWay = [];
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptAsync(cancellationToken);
                await WaitAsync(client, cancellationToken);
                underWay.RemoveWhere(static task => task.IsCompleted);
                underWay.Add(ServeConnectionAsync(client, cancellationToken));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end: cancelled, or the socket is gone.
        }
        finally
        {
            await Task.WhenAll(underWay);
        }
    }

    /// <summary>Looks a name up with the same resolvers and static names, for this process; empty when there is nothing.</summary>
    public async Task<DnsAnswer?> ResolveAsync(string name, DnsRecordType type, CancellationToken cancellationToken)
    {
        byte[] query = DnsReply.Question(0, name, type);
        if (!DnsMessage.TryParse(query, out DnsMessage? asked))
        {
            return null;
        }

        if (names.TryAnswer(query, asked!, out DnsAnswer? answer) is not null)
        {
            return answer;
        }

        return await _exchange.AskAsync(query, asked!, viaTcp: false, cancellationToken) is { } reply ? DnsAnswer.From(reply.Message) : null;
    }

    public void Dispose()
    {
        _queries.Dispose();
        _connections.Dispose();
    }

    /// <summary>The reply to one question; null for what deserves none.</summary>
    /// <exception cref="HearthException">The policy could not be put in place: the answer is withheld.</exception>
    internal async Task<byte[]?> AnswerAsync(byte[] query, bool viaTcp, CancellationToken cancellationToken)
    {
        if (!DnsMessage.TryParse(query, out DnsMessage? asked))
        {
            return DnsReply.FormatError(query);
        }

        if (asked!.IsResponse)
        {
            return null;
        }

        if (asked.Opcode != 0 || asked.Question.Type is DnsRecordType.IncrementalTransfer or DnsRecordType.ZoneTransfer)
        {
            return DnsReply.Empty(query, asked, DnsResponseCode.NotImplemented);
        }

        byte[] reply = await StaticAsync(query, asked, cancellationToken) ?? policy.Decide(asked.Question) switch
        {
            DnsVerdict.Deny => DnsReply.Empty(query, asked, DnsResponseCode.NoSuchName, isBlocked: true),
            DnsVerdict.Empty => DnsReply.Empty(query, asked, DnsResponseCode.NoError),
            _ => await ForwardAsync(query, asked, viaTcp, cancellationToken),
        };

        int limit = viaTcp ? DnsMessage.MaxBytes : Math.Min(asked.AnnouncedUdpBytes ?? DnsMessage.PlainUdpBytes, DnsReply.SafeUdpBytes);
        return reply.Length > limit ? DnsReply.Empty(query, asked, (DnsResponseCode)(reply[3] & 0xf), isTruncated: true) : reply;
    }

    private async Task<byte[]?> StaticAsync(byte[] query, DnsMessage asked, CancellationToken cancellationToken)
    {
        byte[]? reply = names.TryAnswer(query, asked, out DnsAnswer? answer);
        return reply is null || answer is null || await policy.AcceptAsync(answer, cancellationToken) ? reply : DnsReply.Empty(query, asked, DnsResponseCode.NoSuchName, isBlocked: true);
    }

    private async Task<byte[]> ForwardAsync(byte[] query, DnsMessage asked, bool viaTcp, CancellationToken cancellationToken)
    {
        if (await _exchange.AskAsync(query, asked, viaTcp, cancellationToken) is not { } reply)
        {
            return DnsReply.Empty(query, asked, DnsResponseCode.ServerFailure);
        }

        if (!await policy.AcceptAsync(DnsAnswer.From(reply.Message), cancellationToken))
        {
            return DnsReply.Empty(query, asked, DnsResponseCode.NoSuchName, isBlocked: true);
        }

        LowerTimesToLive(reply.Bytes, reply.Message);
        return reply.Bytes;
    }

    private static void LowerTimesToLive(byte[] bytes, DnsMessage message)
    {
        foreach (DnsRecord record in message.Answers.Where(static record => record.TimeToLive > MaxTimeToLive.TotalSeconds))
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(record.TimeToLiveOffset), (uint)MaxTimeToLive.TotalSeconds);
        }
    }

    private static SocketAddress Copy(SocketAddress address)
    {
        SocketAddress copy = new(address.Family, address.Size);
        address.Buffer.Span[..address.Size].CopyTo(copy.Buffer.Span);
        return copy;
    }

    private static async ValueTask<int> ReceiveAsync(Socket socket, byte[] buffer, SocketAddress from, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await socket.ReceiveFromAsync(buffer, SocketFlags.None, from, cancellationToken);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
            {
                // ICMP's word on an earlier reply: that guest's port is closed. Nothing to do with what comes next.
            }
        }
    }

    private async Task AnswerUdpAsync(Socket socket, byte[] query, SocketAddress sender, CancellationToken cancellationToken)
    {
        try
        {
            if (await AnswerAsync(query, viaTcp: false, cancellationToken) is { } reply)
            {
                await socket.SendToAsync(reply, SocketFlags.None, sender, cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException or IOException or HearthException)
        {
            // Without a reply the guest asks again.
        }
        finally
        {
            _queries.Release();
        }
    }

    private async Task ServeConnectionAsync(Socket client, CancellationToken cancellationToken)
    {
        try
        {
            using (client)
            {
                while (await WithinAsync(token => DnsStream.ReadAsync(client, token), cancellationToken) is { } query
                    && await AnswerAsync(query, viaTcp: true, cancellationToken) is { } reply)
                {
                    await WithinAsync(token => DnsStream.WriteAsync(client, reply, token), cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException or IOException or HearthException)
        {
            // Without a reply the guest asks again.
        }
        finally
        {
            _connections.Release();
        }
    }

    private async Task WaitAsync(Socket client, CancellationToken cancellationToken)
    {
        try
        {
            await _connections.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            client.Dispose();
            throw;
        }
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken)
    {
        using CancellationTokenSource idle = new(s_idleTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        return await step(either.Token);
    }
}
