using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Output.Templates;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Cli.Tests.Listing;

public sealed class InspectTests
{
    private static readonly JsonObject s_shown = VmInspection.Of(Vms.Make("c-job", VmStatus.Exited, exitCode: 3, labels: "app=shop"));

    [Theory]
    [InlineData("{{.Name}} {{.State.Status}} {{.State.ExitCode}} {{.State.Running}} {{.State.Pid}}", "c-job exited 3 false 0")]
    [InlineData("{{.State.StartedAt}} {{.State.FinishedAt}}", "2024-05-01T11:55:00Z 2024-05-01T11:57:00Z")]
    [InlineData("{{.Config.Image}} {{json .Config.Cmd}}", "alpine [\"sh\",\"-c\",\"sleep 1000000\"]")]
    [InlineData("{{index .Config.Labels \"app\"}}", "shop")]
    [InlineData("{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}", "536870912 no")]
    [InlineData("{{.Hearth.Engine}} {{.Hearth.Accel}} {{.Hearth.StartStages.boot}}", "qemu/tcg tcg 812.3")]
    [InlineData("{{.Path}} {{.Args}}", "sh [-c sleep 1000000]")]
    public void Fields_have_dockers_names(string template, string expected) => GoTemplate.Parse(template).Render(s_shown).ShouldBe(expected);

    [Theory]
    [InlineData(0, "null [\"sh\",\"-c\",\"sleep 1000000\"]")]
    [InlineData(2, "[\"sh\",\"-c\"] [\"sleep 1000000\"]")]
    [InlineData(3, "[\"sh\",\"-c\",\"sleep 1000000\"] []")]
    public void Entrypoint_and_command_are_shown_apart(int words, string expected)
    {
        VmModel vm = Vms.Make("e", VmStatus.Running);

        JsonObject shown = VmInspection.Of(vm with { Spec = vm.Spec with { EntrypointWords = words } });

        GoTemplate.Parse("{{json .Config.Entrypoint}} {{json .Config.Cmd}}").Render(shown).ShouldBe(expected);
    }

    [Theory]
    [InlineData(null, null, "0 []")]
    [InlineData(600.0, null, "600 []")]
    [InlineData(600.0, SuspendCause.Idle, "600 [idle]")]
    [InlineData(600.0, SuspendCause.User, "600 [user]")]
    public void The_time_of_idleness_and_who_suspended_it_are_shown(double? seconds, SuspendCause? cause, string expected)
    {
        VmModel vm = Vms.Make("e", VmStatus.Suspended);
        vm = new VmModel(
            vm.Spec with { IdleSuspend = seconds is { } s ? TimeSpan.FromSeconds(s) : null }, vm.State with { SuspendedBy = cause }, vm.Directory);

        GoTemplate.Parse("{{.Hearth.IdleSuspendSeconds}} [{{.Hearth.SuspendedBy}}]").Render(VmInspection.Of(vm)).ShouldBe(expected);
    }

    [Fact]
    public void A_time_that_has_not_come_is_dockers_zero() =>
        VmInspection.Of(Vms.Make("d", VmStatus.Running))["State"]!["FinishedAt"]!.GetValue<string>().ShouldBe("0001-01-01T00:00:00Z");
}
