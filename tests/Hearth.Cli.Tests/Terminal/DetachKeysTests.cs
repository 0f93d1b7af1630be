using System.Text;
using Hearth.Cli.Terminal;
using Hearth.Core.Errors;

namespace Hearth.Cli.Tests.Terminal;

public sealed class DetachKeysTests
{
    [Theory]
    [InlineData("ctrl-p,ctrl-q", new byte[] { 16, 17 })]
    [InlineData("a,ctrl-@,Ctrl-[", new byte[] { 97, 0, 27 })]
    [InlineData("x", new byte[] { 120 })]
    public void Keys_are_what_the_terminal_sends(string text, byte[] expected) => DetachKeys.Parse(text)!.Bytes.ShouldBe(expected);

    [Fact]
    public void No_keys_means_no_detaching() => DetachKeys.Parse("").ShouldBeNull();

    [Theory]
    [InlineData("ctrl-")]
    [InlineData("ctrl-1")]
    [InlineData("ctrl-p,")]
    [InlineData("shift-a")]
    public void Other_keys_are_refused(string text) => Should.Throw<HearthException>(() => DetachKeys.Parse(text)).Code.ShouldBe("detach-keys.invalid");

    // P and Q stand for ctrl-p and ctrl-q; | separates what is typed at a time.
    [Theory]
    [InlineData("abc", "abc", false)]
    [InlineData("aPQb", "a", true)]
    [InlineData("aP|Q", "a", true)]
    [InlineData("P|x", "Px", false)]
    [InlineData("PPQ", "P", true)]
    [InlineData("P|P|P|x", "PPPx", false)]
    [InlineData("Q|PaQ", "QPaQ", false)]
    public void Keys_that_do_not_detach_all_go_on(string typed, string expected, bool detaches)
    {
        var filter = new DetachFilter(DetachKeys.Parse(DetachKeys.Default)!);
        var passed = new List<byte>();
        bool detached = false;
        foreach (string chunk in typed.Replace('P', '\x10').Replace('Q', '\x11').Split('|'))
        {
            passed.AddRange(filter.Pass(Encoding.ASCII.GetBytes(chunk), out bool detach).ToArray());
            detached |= detach;
        }

        Encoding.ASCII.GetString([.. passed]).Replace('\x10', 'P').Replace('\x11', 'Q').ShouldBe(expected);
        detached.ShouldBe(detaches);
    }
}
