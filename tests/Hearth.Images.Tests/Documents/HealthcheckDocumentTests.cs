using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Images.Documents;

namespace Hearth.Images.Tests.Documents;

public sealed class HealthcheckDocumentTests
{
    [Fact]
    public void A_check_is_read_as_Docker_and_Buildah_write_it()
    {
        ImageHealthcheck check = Read("""{"Shell":["/bin/ash","-c"],"Healthcheck":{"Test":["CMD-SHELL","curl -f /"],"Interval":5000000000,"Timeout":1500000000,"StartPeriod":60000000000,"StartInterval":1000000000,"Retries":5}}""")!;

        check.Test.ShouldBe(["CMD-SHELL", "curl -f /"]);
        check.Shell.ShouldBe(["/bin/ash", "-c"]);
        (check.Interval, check.Timeout, check.StartPeriod, check.StartInterval, check.Retries).ShouldBe(
            (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1.5), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), 5));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Healthcheck":null}""")]
    [InlineData("""{"Healthcheck":{}}""")]
    [InlineData("""{"Healthcheck":{"Test":["NONE"]}}""")]
    [InlineData("""{"Healthcheck":{"Test":["CMD"]}}""")]
    [InlineData("""{"Healthcheck":{"Test":["CMD",""]}}""")]
    [InlineData("""{"Healthcheck":{"Test":["CMD-SHELL","a","b"]}}""")]
    [InlineData("""{"Healthcheck":{"Test":["OTHER","a"]}}""")]
    public void What_is_no_check_is_none(string config) => Read(config).ShouldBeNull();

    [Fact]
    public void Times_that_cannot_be_are_the_default()
    {
        ImageHealthcheck check = Read("""{"Healthcheck":{"Test":["CMD","x"],"Interval":-1,"Timeout":9223372036854775807,"Retries":-3}}""")!;

        (check.Interval, check.Retries).ShouldBe((TimeSpan.Zero, 0));
        check.Timeout.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Theory]
    [InlineData("""{"Healthcheck":[]}""")]
    [InlineData("""{"Healthcheck":{"Test":[1]}}""")]
    [InlineData("""{"Healthcheck":{"Test":["CMD","x"],"Interval":"5s"}}""")]
    public void A_member_of_the_wrong_type_is_an_error(string config) => Should.Throw<HearthException>(() => Read(config)).Code.ShouldBe("image.corrupt");

    private static ImageHealthcheck? Read(string config) => ImageConfigDocument.Parse(Encoding.UTF8.GetBytes($$"""{"config":{{config}}}"""), "image").Config.Healthcheck;
}
