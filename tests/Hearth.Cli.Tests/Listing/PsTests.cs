using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Cli.Tests.Listing;

public sealed class PsTests
{
    private static readonly VmModel[] s_all =
    [
        Vms.Make("a-web", VmStatus.Running, 10, labels: "app=shop,tier=front"),
        Vms.Make("b-db", VmStatus.Paused, 20, image: "reg.io/postgres:16", labels: "app=shop"),
        Vms.Make("c-job", VmStatus.Exited, 30, exitCode: 3),
        Vms.Make("d-new", VmStatus.Created, 1),
    ];

    [Fact]
    public void The_table_is_dockers()
    {
        StringWriter writer = new() { NewLine = "\n" };
        new ListingWriter(VmRows.Columns, null).Write(writer, PsCommand.Select(s_all, null, all: true, null).Select(vm => VmRows.Of(vm, Vms.Now, false)));
        writer.ToString().ShouldBe("""
            CONTAINER ID   IMAGE                COMMAND                 CREATED              STATUS                     PORTS     NAMES
            dddddddddddd   alpine               "sh -c sleep 1000000"   About a minute ago   Created                              d-new
            aaaaaaaaaaaa   alpine               "sh -c sleep 1000000"   10 minutes ago       Up 5 minutes                         a-web
            bbbbbbbbbbbb   reg.io/postgres:16   "sh -c sleep 1000000"   20 minutes ago       Up 5 minutes (Paused)                b-db
            cccccccccccc   alpine               "sh -c sleep 1000000"   30 minutes ago       Exited (3) 3 minutes ago             c-job

            """);
    }

    [Theory]
    [InlineData("", "a-web b-db")]
    [InlineData("status=exited", "c-job")]
    [InlineData("status=exited status=paused", "b-db c-job")]
    [InlineData("exited=3", "c-job")]
    [InlineData("exited=0", "")]
    [InlineData("name=^a", "a-web")]
    [InlineData("name=^/b-db$", "b-db")]
    [InlineData("id=bbb", "b-db")]
    [InlineData("label=app", "a-web b-db")]
    [InlineData("label=app=shop label=tier=front", "a-web")]
    [InlineData("ancestor=alpine", "a-web")]
    [InlineData("ancestor=alpine:latest", "a-web")]
    [InlineData("ancestor=reg.io/postgres:16", "b-db")]
    [InlineData("ancestor=eeee", "a-web b-db")]
    [InlineData("health=none", "a-web b-db")]
    [InlineData("health=healthy", "")]
    [InlineData("before=a-web", "b-db")]
    [InlineData("since=b-db", "a-web")]
    public void Filters_choose_what_docker_would(string filters, string expected)
    {
        string[] given = filters.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string.Join(' ', PsCommand.Select(s_all, given, all: false, null).Select(static vm => vm.Name)).ShouldBe(expected);
    }

    [Theory]
    [InlineData(HealthStatus.Starting, "Up 5 minutes (health: starting)", "health=starting")]
    [InlineData(HealthStatus.Healthy, "Up 5 minutes (healthy)", "health=healthy")]
    [InlineData(HealthStatus.Unhealthy, "Up 5 minutes (unhealthy)", "health=unhealthy")]
    [InlineData(HealthStatus.Unknown, "Up 5 minutes", "health=unknown")]
    public void Health_is_shown_and_chosen_by(HealthStatus health, string status, string filter)
    {
        VmModel vm = Vms.Make("a-web", VmStatus.Running);
        vm = vm with { State = vm.State with { Health = new HealthState { Status = health } } };

        VmWords.Status(vm.State, Vms.Now).ShouldBe(status);
        PsCommand.Select([vm, Vms.Make("b", VmStatus.Running)], [filter], all: false, null).ShouldContain(vm);
        PsCommand.Select([vm], ["health=" + (health == HealthStatus.Healthy ? "unhealthy" : "healthy")], all: false, null).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(SuspendCause.Idle, "Suspended (idle) 3 minutes ago")]
    [InlineData(SuspendCause.User, "Suspended 3 minutes ago")]
    [InlineData(null, "Suspended 3 minutes ago")]
    public void A_suspended_vm_is_listed_with_who_did_it(SuspendCause? cause, string words)
    {
        VmModel vm = Vms.Make("e-idle", VmStatus.Suspended);
        vm = vm with { State = vm.State with { SuspendedBy = cause, FinishedAt = Vms.Now - TimeSpan.FromMinutes(3) } };

        VmWords.Status(vm.State, Vms.Now).ShouldBe(words);
        PsCommand.Select([vm], ["status=suspended"], all: false, null).ShouldBe([vm]);
        PsCommand.Select([vm], null, all: false, null).ShouldBe([vm]);
    }

    [Theory]
    [InlineData("colour=red", "--filter colour=red: there is no filter 'colour' here.")]
    [InlineData("status", "--filter status: it is not KEY=VALUE.")]
    [InlineData("status=gone", "--filter status=gone: 'gone' is no status.")]
    [InlineData("exited=x", "--filter exited=x: an exit code is a number.")]
    [InlineData("before=nobody", "--filter before=nobody: there is no such VM.")]
    public void A_wrong_filter_is_refused_as_a_usage_error(string filter, string message)
    {
        HearthException error = Should.Throw<HearthException>(() => PsCommand.Select(s_all, [filter], all: true, null).ToList());
        error.Message.ShouldBe(message);
        error.ExitCode.ShouldBe(ExitCodes.Usage);
    }

    [Fact]
    public void The_last_two_are_the_newest_in_any_state() =>
        PsCommand.Select(s_all, null, all: false, 2).Select(static vm => vm.Name).ShouldBe(["d-new", "a-web"]);
}
