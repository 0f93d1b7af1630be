using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Hearth.Fuse.Messages;
using Hearth.Fuse.Server;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Tests.Server;

/// <summary>A kernel that may say anything: it makes messages byte by byte, and hands them to the server on a thread that serves.</summary>
internal sealed class FuseClient(FuseServer server)
{
    private ulong _unique;

    /// <summary>A message: header and parts.</summary>
    public byte[] Message(FuseOperation operation, ulong node, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(static part => part)];
        int length = Unsafe.SizeOf<FuseMessages.fuse_in_header>() + body.Length;
        byte[] message = new byte[length];
        FuseMessages.fuse_in_header header = new() { len = (uint)length, opcode = (uint)operation, unique = ++_unique, nodeid = node };
        MemoryMarshal.Write(message, in header);
        body.CopyTo(message, Unsafe.SizeOf<FuseMessages.fuse_in_header>());
        return message;
    }

    public static byte[] Bytes<T>(T value)
        where T : unmanaged
    {
        byte[] bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, in value);
        return bytes;
    }

    /// <summary>With the zero that ends it.</summary>
    public static byte[] Text(string text) => [.. Encoding.Latin1.GetBytes(text), 0];

    /// <summary>What the server answers: errno(3), and the rest of the answer.</summary>
    public (int Error, byte[] Body) Ask(byte[] message)
    {
        byte[] answer = new byte[server.MaxReplyBytes];
        int length = 0;
        OnServerThread(() => length = server.Handle(message, answer));
        if (length <= 0)
        {
            return (length, []);
        }

        FuseMessages.fuse_out_header header = MemoryMarshal.Read<FuseMessages.fuse_out_header>(answer);
        header.len.ShouldBe((uint)length);
        header.unique.ShouldBe(MemoryMarshal.Read<FuseMessages.fuse_in_header>(message).unique);
        return (-header.error, answer[FuseReply.HeaderBytes..length]);
    }

    public (int Error, byte[] Body) Ask(FuseOperation operation, ulong node, params byte[][] parts) => Ask(Message(operation, node, parts));

    /// <summary>The number of a name's file.</summary>
    public ulong Find(ulong parent, string name)
    {
        (int error, byte[] body) = Ask(FuseOperation.Lookup, parent, Text(name));
        error.ShouldBe(0, name);
        return MemoryMarshal.Read<FuseMessages.fuse_entry_out>(body).nodeid;
    }

    public (int Error, byte[] Body) Read(ulong node, uint size = 4096) => Ask(FuseOperation.Read, node, Bytes(new FuseMessages.fuse_read_in { size = size }));

    /// <summary>A thread that serves has a file mode mask and ids of its own: it is no thread of a pool.</summary>
    public static void OnServerThread(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                ServerThread.Prepare();
                action();
            }
#pragma warning disable CA1031 // Carried to the caller.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException("The server threw.", failure);
        }
    }
}
