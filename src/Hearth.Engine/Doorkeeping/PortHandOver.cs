using System.Net.Sockets;
using System.Text.Json;
using Hearth.Core.Specs;
using Hearth.Linux.Sockets;
using Hearth.Networking.Ports;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Doorkeeping;

// Theory of operation
//
// The sockets of published ports go from process to process over a Unix socket that keeps packets apart (SOCK_SEQPACKET), a packet each:
//
//   giver                                     taker
//   a port as JSON, its socket with it ──►
//   …
//   "."                                ──►
//                                      ◄──    "k": I have them
//
// Until the "k" both have every socket open, so a death on either side closes none of them. What the taker has got when the giver dies it
// keeps; what it has got when it dies itself goes with it, and the giver still has all.

/// <summary>Hands the sockets of published ports to another process.</summary>
internal static class PortHandOver
{
    /// <summary>A port in JSON has about 100 bytes.</summary>
    private const int MostBytes = 1024;

    private const byte End = (byte)'.';
    private const byte Taken = (byte)'k';

    /// <summary>Gives, and returns when the other side has them all.</summary>
    /// <returns>False when it died or fell silent first.</returns>
    public static bool TryGive(Socket to, IReadOnlyList<HeldPort> ports)
    {
        try
        {
            foreach (HeldPort held in ports)
            {
                DescriptorPassing.Send(to, JsonSerializer.SerializeToUtf8Bytes(held.Port, HearthJson.Default.PublishedPort), held.Socket.SafeHandle);
            }

            to.Send([End]);
            Span<byte> answer = stackalloc byte[1];
            return to.Receive(answer) == 1 && answer[0] == Taken;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return false;
        }
    }

    /// <summary>Takes what the other side gives.</summary>
    /// <param name="from">Its <see cref="Socket.ReceiveTimeout"/> bounds each wait.</param>
    /// <param name="taken">What came, also after a failure. The caller owns it.</param>
    /// <returns>False when the giver died, fell silent, or gave nonsense: some may be missing.</returns>
    public static bool TryTake(Socket from, List<HeldPort> taken)
    {
        byte[] packet = new byte[MostBytes];
        try
        {
            while (true)
            {
                int length = DescriptorPassing.Receive(from, packet, out SafeFileHandle? descriptor);
                using (descriptor)
                {
                    if (descriptor is null)
                    {
                        return length == 1 && packet[0] == End;
                    }

                    if (JsonSerializer.Deserialize(packet.AsSpan(0, length), HearthJson.Default.PublishedPort) is { } port)
                    {
                        taken.Add(new HeldPort(port, DescriptorPassing.ToSocket(descriptor)));
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or JsonException)
        {
            return false;
        }
    }

    /// <summary>Tells the giver that all have come.</summary>
    public static void Confirm(Socket giver)
    {
        try
        {
            giver.Send([Taken]);
        }
        catch (SocketException)
        {
            // It is gone, and the sockets are here.
        }
    }
}
