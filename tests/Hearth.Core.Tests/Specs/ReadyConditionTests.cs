using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Core.Tests.Specs;

public sealed class ReadyConditionTests
{
    [Fact]
    public void Being_healthy_is_neither_a_command_nor_a_line() => ReadyCondition.Parse("healthy").ShouldBe(new ReadyCondition(null, null));

    [Fact]
    public void A_line_of_output_is_a_regular_expression()
    {
        ReadyCondition condition = ReadyCondition.Parse("log:listening on .*:[0-9]+$");

        condition.Command.ShouldBeNull();
        condition.Line.ShouldNotBeNull().IsMatch("I am listening on 0.0.0.0:80").ShouldBeTrue();
        condition.Line.IsMatch("listening on nothing").ShouldBeFalse();
    }

    [Fact]
    public void A_command_is_the_rest_of_the_text()
    {
        ReadyCondition condition = ReadyCondition.Parse("exec:test -f /run/ready && echo log:x");

        condition.Command.ShouldBe("test -f /run/ready && echo log:x");
        condition.Line.ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("log:")]
    [InlineData("exec:")]
    [InlineData("exec:  ")]
    [InlineData("ready")]
    [InlineData("LOG:x")]
    [InlineData("log:(")]
    [InlineData("log:(?=x)")]
    [InlineData(@"log:(.)\1")]
    public void Anything_else_is_refused_and_named(string text)
    {
        HearthException error = Should.Throw<HearthException>(() => ReadyCondition.Parse(text));

        error.Code.ShouldBe("snapshot-when.invalid");
        error.Message.ShouldStartWith($"--snapshot-when {text}: ");
        error.Hint.ShouldNotBeNull();
    }
}
