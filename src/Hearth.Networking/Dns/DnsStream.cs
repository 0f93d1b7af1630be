using System.Buffers.Binary;
using System.Net.Sockets;

namespace Hearth.Networking.Dns;

/// <summary>Messages on TCP: two bytes of length before each (RFC 1035 §4.2.2).</summary>
internal static class DnsStream
{
    /// <summary>Writes a whole message; true, always.</summary>
    public static async Task<bool> WriteAsync(Socket socket, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        // One write, and so one segment: there are resolvers that expect the length and the message together.
        byte[] framed = new byte[2 + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsMemory(2));
        for (int sent = 0; sent < framed.Length;)
        {
            sent += await socket.SendAsync(framed.AsMemory(sent), SocketFlags.None, cancellationToken);
        }

        return true;
    }

    /// <summary>The next message; null when the other side has closed, in the middle of one or not.</summary>
    public static async Task<byte[]?> ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] length = new byte[2];
        if (!await FillAsync(socket, length, cancellationToken))
        {
            return null;
        }

        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        return await FillAsync(socket, message, cancellationToken) ? message : null;
    }

    private static async Task<bool> FillAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            int got = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            if (got == 0)
            {
                return false;
            }

            buffer = buffer[got..];
        }

        return true;
    }
}
