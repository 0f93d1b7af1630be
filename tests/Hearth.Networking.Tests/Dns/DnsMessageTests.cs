using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Tests.Dns;

public sealed class DnsMessageTests
{
    /// <summary>A query for www.example.com A with EDNS of 1232 bytes, as a stub resolver sends it.</summary>
    private const string Query = "1234 0120 0001 0000 0000 0001 03777777 076578616d706c65 03636f6d 00 0001 0001 00 0029 04d0 00000000 0000";

    /// <summary>Its answer: CNAME to web.example.com by a compressed name, then A of that, compressed too.</summary>
    private const string Response =
        "1234 8180 0001 0002 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001"
        + "c00c 0005 0001 0000012c 0006 03776562 c010"
        + "c02d 0001 0001 0000003c 0004 5db8d822";

    [Fact]
    public void A_query_is_read_from_these_bytes()
    {
        DnsMessage message = Parse(Query);

        message.Question.ShouldBe(new DnsQuestion("www.example.com", DnsRecordType.A, 1));
        (message.Id, message.IsResponse, message.AnnouncedUdpBytes, message.QuestionEnd).ShouldBe(((ushort)0x1234, false, 1232, 33));
    }

    [Fact]
    public void A_chain_of_aliases_in_compressed_names_leads_to_its_address()
    {
        DnsAnswer answer = DnsAnswer.From(Parse(Response));

        answer.Aliases.ShouldBe(["web.example.com"]);
        answer.Addresses.ShouldBe([IPAddress.Parse("93.184.216.34")]);
        answer.TimeToLive.ShouldBe(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void An_address_of_a_name_that_was_not_asked_for_is_not_looked_at()
    {
        byte[] bytes = Bytes(Response);
        bytes[DnsMessage.HeaderBytes + 1] = (byte)'x';

        DnsMessage.TryParse(bytes, out DnsMessage? renamed).ShouldBeTrue();
        DnsAnswer.From(renamed!).Addresses.Count.ShouldBe(1);

        byte[] cut = Bytes(Response.Replace("c02d", "c010", StringComparison.Ordinal));
        DnsMessage.TryParse(cut, out DnsMessage? other).ShouldBeTrue();
        DnsAnswer.From(other!).Addresses.ShouldBeEmpty();
    }

    [Fact]
    public void A_reply_with_addresses_has_these_bytes()
    {
        byte[] query = Bytes(Query);

        byte[] reply = DnsReply.Addresses(query, Parse(Query), [IPAddress.Parse("10.0.2.2")], 5);

        Convert.ToHexStringLower(reply).ShouldBe(Compact(
            "1234 8580 0001 0001 0000 0001 03777777 076578616d706c65 03636f6d 00 0001 0001"
            + "c00c 0001 0001 00000005 0004 0a000202 00 0029 04d0 00000000 0000"));
    }

    [Fact]
    public void A_blocked_question_says_so_in_these_bytes()
    {
        byte[] reply = DnsReply.Empty(Bytes(Query), Parse(Query), DnsResponseCode.NoSuchName, isBlocked: true);

        // Option 15 (extended error), 15 bytes: code 15 (blocked), "egress policy".
        Convert.ToHexStringLower(reply).ShouldEndWith(Compact("00 0029 04d0 00000000 0013 000f 000f 000f 65677265737320706f6c696379"));
    }

    [Theory]
    [InlineData("1234 0100 0001 0000 0000 0000 c00c 0001 0001")] // A name that points at itself.
    [InlineData("1234 0100 0001 0000 0000 0000 0161 c00e 0001 0001")] // At a part of itself.
    [InlineData("1234 0100 0001 0000 0000 0000 c000 0001 0001")] // Into the header.
    [InlineData("1234 0100 0001 0000 0000 0000 c0ff 0001 0001")] // Behind the end.
    [InlineData("1234 0100 0002 0000 0000 0000 0161 00 0001 0001 0162 00 0001 0001")] // Two questions.
    [InlineData("1234 0100 0000 0000 0000 0000")] // None.
    [InlineData("1234 0100 0001 0001 0000 0000 0161 00 0001 0001 c00c 0001 0001 00000001 0005 0102030405")] // An address of five bytes.
    [InlineData("1234 0100 0001 0001 0000 0000 0161 00 0001 0001 c00c 0005 0001 00000001 0004 016200 00")] // An alias with a byte behind it.
    [InlineData("1234 0100 0001 ffff ffff ffff 0161 00 0001 0001")] // More records than any message has.
    [InlineData("1234 0100 0001 0000 0000 0000 40 00 0001 0001")] // A kind of label that is not used any more.
    public void What_cannot_be_a_message_is_refused(string hex) => DnsMessage.TryParse(Bytes(hex), out _).ShouldBeFalse();

    [Fact]
    public void A_name_longer_than_255_bytes_is_refused()
    {
        string label = "3f" + string.Concat(Enumerable.Repeat("61", 63));

        DnsMessage.TryParse(Bytes("1234 0100 0001 0000 0000 0000" + label + label + label + label + "00 0001 0001"), out _).ShouldBeFalse();
        DnsMessage.TryParse(Bytes("1234 0100 0001 0000 0000 0000" + label + label + label + "00 0001 0001"), out _).ShouldBeTrue();
    }

    [Fact]
    public void A_dot_within_a_label_is_no_border()
    {
        // One label "a.b", then "c": not the name a.b.c.
        Parse("1234 0100 0001 0000 0000 0000 03612e62 0163 00 0001 0001").Question.Name.ShouldBe(@"a\046b.c");
    }

    [Fact]
    public void Capital_letters_make_no_difference() =>
        Parse(Query.Replace("03777777", "03575777", StringComparison.Ordinal)).Question.Name.ShouldBe("www.example.com");

    [Fact]
    public void Any_change_of_a_message_is_refused_or_read_within_its_bounds()
    {
        byte[] good = Bytes(Response);
        Prop.ForAll<(ushort At, byte Value)[], byte>((changes, cut) =>
        {
            byte[] bytes = good[..(good.Length - (cut % good.Length))];
            foreach ((ushort at, byte value) in changes)
            {
                bytes[at % bytes.Length] = value;
            }

            if (DnsMessage.TryParse(bytes, out DnsMessage? message))
            {
                message!.QuestionEnd.ShouldBeLessThanOrEqualTo(bytes.Length);
                DnsAnswer.From(message).Aliases.Count.ShouldBeLessThanOrEqualTo(16);
                DnsReply.Empty(bytes, message, DnsResponseCode.Refused).Length.ShouldBeLessThan(512);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void Random_bytes_are_read_within_their_bounds() =>
        Prop.ForAll<byte[]>(static bytes => DnsMessage.TryParse(bytes, out DnsMessage? message) == message is not null)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    private static DnsMessage Parse(string hex) => DnsMessage.TryParse(Bytes(hex), out DnsMessage? message) ? message! : throw new InvalidDataException(hex);

    private static byte[] Bytes(string hex) => Convert.FromHexString(Compact(hex));

    private static string Compact(string hex) => hex.Replace(" ", "", StringComparison.Ordinal);
}
