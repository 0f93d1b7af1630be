using System.Diagnostics;
using System.Runtime.InteropServices;
using Hearth.Fuse.Messages;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Tests.Server;

/// <summary>A guest's kernel that says whatever it likes does not leave the shared tree, and does not bring the server down.</summary>
public sealed class HostileClientTests : IDisposable
{
    private const ulong Root = FuseNumbers.FUSE_ROOT_ID;
    private const int Header = 40;

    private readonly SharedTree _tree = new();

    private FuseClient Client => _tree.Client;

    public static TheoryData<string> NamesThatAreNone => ["", ".", "..", "../outside", "sub/../../outside", "/etc", "a/b", new string('x', 256)];

    public void Dispose() => _tree.Dispose();

    [Theory]
    [MemberData(nameof(NamesThatAreNone))]
    public void A_name_is_one_entry_of_its_directory_or_refused(string name)
    {
        byte[] text = FuseClient.Text(name);

        Client.Ask(FuseOperation.Lookup, Root, text).Error.ShouldBeOneOf(Errno.EINVAL, Errno.ENAMETOOLONG);
        Client.Ask(FuseOperation.MkDir, Root, FuseClient.Bytes(new FuseMessages.fuse_mkdir_in { mode = 0x1ff }), text).Error.ShouldBe(Errno.EINVAL);
        Client.Ask(FuseOperation.Create, Root, FuseClient.Bytes(new FuseMessages.fuse_create_in { mode = 0x1ff }), text).Error.ShouldBe(Errno.EINVAL);
        Client.Ask(FuseOperation.SymLink, Root, text, FuseClient.Text("x")).Error.ShouldBe(Errno.EINVAL);
        Client.Ask(FuseOperation.Unlink, Root, text).Error.ShouldBe(Errno.EINVAL);
        Client.Ask(FuseOperation.RmDir, Root, text).Error.ShouldBe(Errno.EINVAL);
        Client.Ask(FuseOperation.Rename2, Root, FuseClient.Bytes(new FuseMessages.fuse_rename2_in { newdir = Root }), FuseClient.Text("file"), text).Error.ShouldBe(Errno.EINVAL);
        Client.Ask(FuseOperation.Link, Root, FuseClient.Bytes(Client.Find(Root, "file")), text).Error.ShouldBe(Errno.EINVAL);
        File.ReadAllText(Path.Combine(_tree.Outside, "secret")).ShouldBe("outside");
        Directory.GetFileSystemEntries(_tree.Home).Length.ShouldBe(2);
    }

    [Theory]
    [InlineData("absolute")]
    [InlineData("relative")]
    public void A_link_is_a_link_and_leads_nowhere(string name)
    {
        ulong link = Client.Find(Root, name);

        Client.Ask(FuseOperation.Lookup, link, FuseClient.Text("secret")).Error.ShouldBe(Errno.ENOTDIR);
        Client.Read(link).Error.ShouldBe(Errno.EINVAL);
        Client.Ask(FuseOperation.Write, link, FuseClient.Bytes(new FuseMessages.fuse_write_in { size = 1 }), [1]).Error.ShouldBe(Errno.EINVAL);
        Client.Ask(FuseOperation.ReadDir, link, FuseClient.Bytes(new FuseMessages.fuse_read_in { size = 4096 })).Error.ShouldBe(Errno.ENOTDIR);
        Client.Ask(FuseOperation.SetAttr, link, FuseClient.Bytes(new FuseMessages.fuse_setattr_in { valid = FuseNumbers.FATTR_SIZE })).Error.ShouldNotBe(0);
        File.ReadAllText(Path.Combine(_tree.Outside, "secret")).ShouldBe("outside");
    }

    [Fact]
    public void A_directory_that_became_a_link_after_it_was_looked_at_leads_nowhere()
    {
        ulong directory = Client.Find(Root, "sub");
        Directory.Delete(Path.Combine(_tree.Root, "sub"));
        File.CreateSymbolicLink(Path.Combine(_tree.Root, "sub"), _tree.Outside);

        Client.Ask(FuseOperation.Lookup, directory, FuseClient.Text("secret")).Error.ShouldBe(Errno.ESTALE);
        Client.Ask(FuseOperation.Create, directory, FuseClient.Bytes(new FuseMessages.fuse_create_in { mode = 0x1ff }), FuseClient.Text("new")).Error.ShouldBe(Errno.ESTALE);
        Directory.GetFiles(_tree.Outside).Length.ShouldBe(1);
    }

    [Fact]
    public void A_file_that_another_took_the_place_of_is_stale_and_a_pipe_is_not_opened()
    {
        ulong file = Client.Find(Root, "file");
        string path = Path.Combine(_tree.Root, "file");
        File.Move(path, path + ".old");
        using (Process mkfifo = Process.Start("mkfifo", [path]))
        {
            mkfifo.WaitForExit();
        }

        Client.Read(file).Error.ShouldBe(Errno.ESTALE);
        Client.Read(Client.Find(Root, "file")).Error.ShouldBe(Errno.EINVAL); // A server that opened it would wait for a writer.
    }

    [Fact]
    public void Devices_are_not_made_unless_that_is_allowed()
    {
        const uint Character = 0x2000;

        Client.Ask(FuseOperation.MkNod, Root, FuseClient.Bytes(new FuseMessages.fuse_mknod_in { mode = Character | 0x1b6, rdev = 0x103 }), FuseClient.Text("null")).Error.ShouldBe(Errno.EPERM);
    }

    [Fact]
    public void The_entry_above_the_root_is_the_root()
    {
        (int error, byte[] body) = Client.Ask(FuseOperation.ReadDir, Root, FuseClient.Bytes(new FuseMessages.fuse_read_in { size = 4096 }));
        error.ShouldBe(0);
        Dictionary<string, ulong> inodes = [];
        for (int at = 0; at < body.Length;)
        {
            FuseMessages.fuse_dirent entry = MemoryMarshal.Read<FuseMessages.fuse_dirent>(body.AsSpan(at));
            inodes[System.Text.Encoding.UTF8.GetString(body, at + 24, (int)entry.namelen)] = entry.ino;
            at += (24 + (int)entry.namelen + 7) & -8;
        }

        inodes[".."].ShouldBe(inodes["."]);
        inodes.Keys.ShouldBe([".", "..", "sub", "file", "absolute", "relative"], ignoreOrder: true);
    }

    [Fact]
    public void A_read_only_share_refuses_what_the_guests_kernel_should_have_refused()
    {
        using SharedTree tree = new(static options => options with { ReadOnly = true });
        ulong file = tree.Client.Find(Root, "file");

        tree.Client.Ask(FuseOperation.Write, file, FuseClient.Bytes(new FuseMessages.fuse_write_in { size = 1 }), [1]).Error.ShouldBe(Errno.EROFS);
        tree.Client.Ask(FuseOperation.Unlink, Root, FuseClient.Text("file")).Error.ShouldBe(Errno.EROFS);
        tree.Client.Ask(FuseOperation.SetAttr, file, FuseClient.Bytes(new FuseMessages.fuse_setattr_in { valid = FuseNumbers.FATTR_SIZE })).Error.ShouldBe(Errno.EROFS);
        File.ReadAllText(Path.Combine(tree.Root, "file")).ShouldBe("inside");
    }

    [Fact]
    public void Every_operation_cut_short_anywhere_is_answered()
    {
        FuseClient.OnServerThread(() =>
        {
            byte[] answer = new byte[_tree.Server.MaxReplyBytes];
            foreach (FuseOperation operation in Enum.GetValues<FuseOperation>())
            {
                byte[] whole = Client.Message(operation, Root, new byte[120]);
                for (int length = 0; length <= whole.Length; length++)
                {
                    byte[] cut = whole[..length];
                    if (length >= sizeof(uint))
                    {
                        BitConverter.TryWriteBytes(cut, (uint)length).ShouldBeTrue();
                    }

                    int answered = _tree.Server.Handle(cut, answer);
                    (answered < 0).ShouldBe(length < Header, $"{operation}, {length} bytes");
                }
            }
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_messages_stay_inside_and_are_answered(int seed)
    {
        const int Messages = 4000;
        Random random = new(seed);
        string[] names = ["file", "sub", "absolute", "relative", "new", "..", "secret", "a/b", "outside"];
        FuseClient.OnServerThread(() =>
        {
            byte[] answer = new byte[_tree.Server.MaxReplyBytes];
            for (int i = 0; i < Messages; i++)
            {
                byte[] body = new byte[random.Next(0, 96)];
                random.NextBytes(body);
                if (random.Next(2) == 0)
                {
                    body.AsSpan().Clear(); // Sizes and offsets of 0 reach further.
                }

                FuseOperation operation = (FuseOperation)random.Next(0, 52);
                if (operation == FuseOperation.SyncFs)
                {
                    continue; // It would have this host write out all that it has.
                }

                byte[] message = Client.Message(operation, (ulong)random.Next(0, 8), body, FuseClient.Text(names[random.Next(names.Length)]), FuseClient.Text(names[random.Next(names.Length)]));
                int length = _tree.Server.Handle(message, answer);
                length.ShouldBeInRange(0, answer.Length);
            }
        });

        File.ReadAllText(Path.Combine(_tree.Outside, "secret")).ShouldBe("outside");
        Directory.GetFileSystemEntries(_tree.Home).Length.ShouldBe(2);
    }
}
