using Hearth.Core.Naming;

namespace Hearth.Core.Tests.Naming;

public sealed class NamingTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("a-1", true)]
    [InlineData("0", true)]
    [InlineData("A", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("a_b", false)]
    [InlineData("", false)]
    [InlineData("ä", false)]
    public void Names_are_dns_labels(string name, bool valid) => DnsLabel.IsValid(name).ShouldBe(valid);

    [Fact]
    public void A_label_has_at_most_63_characters()
    {
        DnsLabel.IsValid(new string('a', 63)).ShouldBeTrue();
        DnsLabel.IsValid(new string('a', 64)).ShouldBeFalse();
    }

    [Fact]
    public void Ids_are_64_hex_digits_and_differ()
    {
        string id = VmId.New();
        VmId.IsValid(id).ShouldBeTrue();
        VmId.New().ShouldNotBe(id);
        VmId.Short(id).ShouldBe(id[..12]);
        VmId.IsPrefix("xyz").ShouldBeFalse();
    }

    [Theory]
    [InlineData("SIGTERM", 15)]
    [InlineData("term", 15)]
    [InlineData("9", 9)]
    [InlineData("SIGRTMIN", 34)]
    [InlineData("RTMIN+3", 37)]
    [InlineData("rtmax-1", 63)]
    [InlineData("WINCH", 28)]
    public void Signals_are_read_by_name_or_number(string text, int number)
    {
        SignalName.TryParse(text, out int read).ShouldBeTrue();
        read.ShouldBe(number);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("SIGFOO")]
    [InlineData("RTMIN+99")]
    [InlineData("-9")]
    public void What_is_no_signal_is_refused(string text) => SignalName.TryParse(text, out _).ShouldBeFalse();
}
