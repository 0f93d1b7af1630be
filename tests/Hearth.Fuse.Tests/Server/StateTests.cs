using System.Runtime.InteropServices;
using Hearth.Fuse.Messages;
using Hearth.Fuse.Server;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Tests.Server;

/// <summary>A server goes on where another left off.</summary>
public sealed class StateTests
{
    private const ulong Root = FuseNumbers.FUSE_ROOT_ID;

    [Fact]
    public void Numbers_lead_to_the_same_files_in_the_next_life()
    {
        using SharedTree tree = new();
        ulong directory = tree.Client.Find(Root, "sub");
        File.WriteAllText(Path.Combine(tree.Root, "sub", "deep"), "deep");
        ulong deep = tree.Client.Find(directory, "deep");
        ulong file = tree.Client.Find(Root, "file");
        byte[] state = Save(tree.Server);

        using FuseServer next = new(new ShareOptions(tree.Root));
        next.Load(new BinaryReader(new MemoryStream(state)));
        FuseClient client = new(next);

        next.NodeCount.ShouldBe(tree.Server.NodeCount);
        client.Read(deep).Body.ShouldBe("deep"u8.ToArray());
        client.Read(file).Body.ShouldBe("inside"u8.ToArray());
        client.Find(Root, "file").ShouldBe(file);
        File.WriteAllText(Path.Combine(tree.Root, "another"), "");
        client.Find(Root, "another").ShouldBeGreaterThan(new[] { directory, deep, file }.Max());
    }

    [Fact]
    public void What_is_another_file_by_then_is_stale_and_what_was_forgotten_stays_forgotten()
    {
        using SharedTree tree = new();
        ulong file = tree.Client.Find(Root, "file");
        ulong directory = tree.Client.Find(Root, "sub");
        tree.Client.Ask(FuseOperation.Forget, directory, FuseClient.Bytes(1ul));
        byte[] state = Save(tree.Server);
        File.Move(Path.Combine(tree.Root, "file"), Path.Combine(tree.Root, "moved"));
        File.WriteAllText(Path.Combine(tree.Root, "file"), "another");

        using FuseServer next = new(new ShareOptions(tree.Root));
        next.Load(new BinaryReader(new MemoryStream(state)));
        FuseClient client = new(next);

        client.Read(file).Error.ShouldBe(Errno.ESTALE);
        client.Ask(FuseOperation.GetAttr, directory, new byte[16]).Error.ShouldBe(Errno.ESTALE);
        client.Find(Root, "moved").ShouldBe(file);
        client.Read(file).Body.ShouldBe("inside"u8.ToArray());
    }

    [Theory]
    [InlineData("../outside/secret")]
    [InlineData("..")]
    [InlineData("")]
    public void A_state_that_leads_out_is_refused(string name)
    {
        using SharedTree tree = new();
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write((byte)1);
        writer.Write((byte)0);
        writer.Write(2ul);
        writer.Write(1u);
        writer.Write(2ul);
        writer.Write(1ul);
        writer.Write(1ul);
        writer.Write(0x8000u);
        writer.Write(Root);
        byte[] text = FuseClient.Text(name);
        writer.Write((ushort)text.Length);
        writer.Write(text);
        writer.Write(1ul);
        writer.Write((byte)0);

        Should.Throw<InvalidDataException>(() => tree.Server.Load(new BinaryReader(new MemoryStream(stream.ToArray()))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_damaged_state_is_taken_or_refused(int seed)
    {
        using SharedTree tree = new();
        _ = tree.Client.Find(tree.Client.Find(Root, "sub") > 0 ? Root : 0, "file");
        byte[] state = Save(tree.Server);
        Random random = new(seed);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. state];
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            using FuseServer next = new(new ShareOptions(tree.Root));
            try
            {
                next.Load(new BinaryReader(new MemoryStream(damaged, 0, random.Next(4) == 0 ? random.Next(damaged.Length) : damaged.Length)));
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }
    }

    [Fact]
    public void Descriptors_are_bounded_and_what_is_forgotten_is_gone()
    {
        const int Files = 500;
        const int Most = 32;
        using SharedTree tree = new(static options => options with { MaxHandles = Most, MaxNodes = Files + 10 });
        for (int i = 0; i < Files; i++)
        {
            File.WriteAllText(Path.Combine(tree.Root, $"f{i}"), $"{i}");
        }

        ulong[] numbers = new ulong[Files];
        FuseClient.OnServerThread(() =>
        {
            byte[] answer = new byte[tree.Server.MaxReplyBytes];
            for (int i = 0; i < Files; i++)
            {
                tree.Server.Handle(tree.Client.Message(FuseOperation.Lookup, Root, FuseClient.Text($"f{i}")), answer).ShouldBeGreaterThan(FuseReply.HeaderBytes);
                numbers[i] = MemoryMarshal.Read<FuseMessages.fuse_entry_out>(answer.AsSpan(FuseReply.HeaderBytes)).nodeid;
                tree.Server.Handle(tree.Client.Message(FuseOperation.Read, numbers[i], FuseClient.Bytes(new FuseMessages.fuse_read_in { size = 16 })), answer).ShouldBeGreaterThan(FuseReply.HeaderBytes);
            }
        });

        tree.Server.HandleCount.ShouldBeLessThanOrEqualTo(Most);
        tree.Client.Read(numbers[0]).Body.ShouldBe("0"u8.ToArray());
        for (int i = 0; i < 20; i++)
        {
            File.WriteAllText(Path.Combine(tree.Root, $"more{i}"), "");
        }

        Enumerable.Range(0, 20).Select(i => tree.Client.Ask(FuseOperation.Lookup, Root, FuseClient.Text($"more{i}")).Error).ShouldContain(Errno.ENFILE);
        foreach (ulong number in numbers)
        {
            tree.Client.Ask(FuseOperation.Forget, number, FuseClient.Bytes(1ul));
        }

        tree.Server.NodeCount.ShouldBeLessThan(15);
        tree.Client.Read(numbers[0]).Error.ShouldBe(Errno.ESTALE);
    }

    private static byte[] Save(FuseServer server)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        server.Save(writer);
        writer.Flush();
        return stream.ToArray();
    }
}
