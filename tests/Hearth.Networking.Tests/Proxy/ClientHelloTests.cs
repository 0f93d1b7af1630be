using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Networking.Proxy;

namespace Hearth.Networking.Tests.Proxy;

public sealed class ClientHelloTests
{
    /// <summary>
    /// A TLS 1.2 hello by hand: a random of zeros, one cipher suite, and extensions: SNI a.example, then an unknown one (0xfafa).
    /// </summary>
    private const string Golden =
        "16 0301 0049" + "01 000045" + "0303" + "0000000000000000000000000000000000000000000000000000000000000000"
        + "00" + "0002 1301" + "01 00" + "001a" + "0000 000e 000c 00 0009 612e6578616d706c65" + "fafa 0004 00000000";

    [Fact]
    public void A_name_is_read_from_these_bytes()
    {
        byte[] bytes = Bytes(Golden);

        ClientHello.Parse(bytes).ShouldBe(new ClientHello(HeadState.Complete, "a.example", bytes.Length));
    }

    [Fact]
    public void A_hello_is_not_complete_before_its_last_byte()
    {
        byte[] bytes = Bytes(Golden);

        for (int length = 0; length < bytes.Length; length++)
        {
            ClientHello.Parse(bytes.AsSpan(0, length)).State.ShouldBe(HeadState.More, $"{length} bytes");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(40)]
    public void A_hello_in_many_records_is_the_same(int recordBytes)
    {
        byte[] message = Bytes(Golden)[5..];
        byte[] stream = [.. message.Chunk(recordBytes).SelectMany(static chunk => new byte[] { 0x16, 3, 1, 0, (byte)chunk.Length }.Concat(chunk))];

        ClientHello.Parse(stream).ShouldBe(new ClientHello(HeadState.Complete, "a.example", stream.Length));
    }

    [Fact]
    public async Task The_hello_of_a_real_client_is_read()
    {
        ClientHello hello = ClientHello.Parse(await RecordAsync("real.example"));

        (hello.State, hello.Name).ShouldBe((HeadState.Complete, "real.example"));
    }

    [Fact]
    public async Task A_real_client_that_speaks_to_an_address_says_no_name()
    {
        ClientHello hello = ClientHello.Parse(await RecordAsync("192.0.2.1"));

        (hello.State, hello.Name).ShouldBe((HeadState.Complete, null));
    }

    [Theory]
    [InlineData("000e 000c 00 0009 612e6578616d706c65", "000e 000c 00 0009 612e6578616d00 6c65")] // A NUL in the name.
    [InlineData("000e 000c 00 0009", "000e 000c 01 0009")] // A name of another kind.
    [InlineData("000e 000c 00 0009", "000e 000c 00 0008")] // A second entry that is no whole one.
    [InlineData("000e 000c 00 0009", "000e 000b 00 0009")] // A list that ends within its entry.
    [InlineData("fafa 0004 00000000", "0000 0004 00000000")] // Two lists of names.
    [InlineData("fafa 0004 00000000", "fafa 0005 00000000")] // An extension longer than what is there.
    [InlineData("001a", "0019")] // Extensions that end before their last one.
    [InlineData("01 000045", "02 000045")] // A ServerHello.
    [InlineData("01 000045", "01 000044")] // Something behind the hello.
    [InlineData("01 000045", "01 ffffff")] // A hello without bounds.
    [InlineData("16 0301 0049", "16 0301 0000")] // An empty record.
    [InlineData("16 0301 0049", "16 0201 0049")] // Another protocol.
    public void What_two_servers_could_read_differently_is_refused(string old, string changed)
    {
        Golden.ShouldContain(old);
        byte[] bytes = Bytes(Golden.Replace(old, changed, StringComparison.Ordinal));

        ClientHello hello = ClientHello.Parse(bytes);

        hello.State.ShouldBe(HeadState.Refused);
        hello.Fault.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Any_change_of_a_hello_is_refused_or_read_within_its_bounds() =>
        Prop.ForAll<(ushort At, byte Value)[], ushort>(static (changes, cut) =>
        {
            byte[] bytes = Bytes(Golden);
            foreach ((ushort at, byte value) in changes)
            {
                bytes[at % bytes.Length] = value;
            }

            ClientHello hello = ClientHello.Parse(bytes.AsSpan(0, bytes.Length - (cut % 8)));
            hello.Bytes.ShouldBeLessThanOrEqualTo(bytes.Length);
            (hello.State == HeadState.Complete).ShouldBe(hello.Bytes > 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    internal static byte[] Hello(string name)
    {
        byte[] host = System.Text.Encoding.ASCII.GetBytes(name);
        byte[] sni = [0, 0, 0, (byte)(host.Length + 5), 0, (byte)(host.Length + 3), 0, 0, (byte)host.Length, .. host];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, 0, (byte)sni.Length, .. sni];
        return [0x16, 3, 1, 0, (byte)(body.Length + 4), 1, 0, 0, (byte)body.Length, .. body];
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>What a client of the platform's TLS library sends first.</summary>
    private static async Task<byte[]> RecordAsync(string host)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using TcpClient client = new();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        using Socket server = await listener.AcceptAsync();
        await using SslStream tls = new(client.GetStream());
        Task handshake = tls.AuthenticateAsClientAsync(host);
        byte[] buffer = new byte[ClientHello.MaxBytes];
        int got = 0;
        while (ClientHello.Parse(buffer.AsSpan(0, got)).State == HeadState.More)
        {
            got += await server.ReceiveAsync(buffer.AsMemory(got));
        }

        server.Dispose();
        await Should.ThrowAsync<IOException>(handshake);
        return buffer[..got];
    }
}
