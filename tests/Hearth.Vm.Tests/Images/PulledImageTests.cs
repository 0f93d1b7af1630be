using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>An image from a registry, as programs in the guest see it.</summary>
public sealed class PulledImageTests(PulledImageTests.Machine machine) : IClassFixture<PulledImageTests.Machine>
{
    [SkippableFact]
    public async Task The_images_own_command_user_directory_and_environment_are_used()
    {
        ProbeImage image = await ProbeImage.CurrentAsync();

        Outcome outcome = (await HearthCommand.RunAsync("run", "--rm", image.Reference)).Succeeded();

        outcome.Lines.ShouldBe(["entry from-cmd", "worker", "crew", "1500", "/home/worker", "green", "/home/worker"]);
    }

    [SkippableFact]
    public async Task Arguments_replace_the_command_and_entrypoint_both()
    {
        ProbeImage image = await ProbeImage.CurrentAsync();

        (await HearthCommand.RunAsync("run", "--rm", image.Reference, "other")).Succeeded().Lines[0].ShouldBe("entry other");
        (await HearthCommand.RunAsync("run", "--rm", "--entrypoint", "/bin/echo", image.Reference, "only", "this")).Succeeded().Output.ShouldBe("only this\n");
    }

    [SkippableFact]
    public async Task Users_are_found_by_name_in_the_image()
    {
        (await machine.ExecAsync(["-u", "worker"], "sh", "-c", "id -un; id -gn; id -G")).Succeeded().Lines.ShouldBe(["worker", "worker", "1500 1700"]);
        (await machine.ExecAsync(["-u", "worker:crew"], "id", "-gn")).Succeeded().Line.ShouldBe("crew");
        (await machine.ExecAsync(["-u", "nobody-here"], "id")).Error.ShouldContain("nobody-here");
    }

    [SkippableFact]
    public async Task Setuid_programs_get_their_owners_rights()
    {
        (await machine.ExecAsync(["-u", "1500"], "/bin/who-plain")).Ended(1500 & 0xff);
        (await machine.ExecAsync(["-u", "1500"], "/bin/who")).Ended(0);
        (await machine.ExecAsync([], "stat", "-c", "%a", "/bin/who")).Succeeded().Line.ShouldBe("4755");
    }

    [SkippableFact]
    public async Task File_capabilities_are_kept()
    {
        // A program whose file asks for a capability outside the bounding set fails with EPERM: that tells whether the attribute arrived.
        (await machine.ExecAsync(["-u", "1500"], "/bin/net")).Ended(1500 & 0xff);
        Outcome dropped = await HearthCommand.RunAsync("run", "--rm", "--cap-drop", "NET_RAW", "--entrypoint", "/bin/net", (await ProbeImage.CurrentAsync()).Reference);

        dropped.Ended(126).Error.ToLowerInvariant().ShouldContain("not permitted");
    }

    [SkippableFact]
    public async Task Whiteouts_and_opaque_directories_hide_what_is_below()
    {
        (await machine.ExecAsync([], "sh", "-c", "ls /data/gone 2>/dev/null; cat /data/kept /data/replaced; ls -A /opaque")).Succeeded().Lines.ShouldBe(["oldnewshown"]);
    }

    [SkippableFact]
    public async Task Hard_links_are_one_file()
    {
        Outcome outcome = (await machine.ExecAsync([], "stat", "-c", "%i %h", "/data/replaced", "/data/second-name", "/bin/busybox", "/bin/twin")).Succeeded();

        outcome.Lines[0].ShouldBe(outcome.Lines[1]);
        outcome.Lines[2].ShouldBe(outcome.Lines[3]);
        outcome.Lines[0].ShouldEndWith(" 2");
    }

    [SkippableFact]
    public async Task Device_nodes_pipes_owners_and_odd_names_are_kept()
    {
        Outcome outcome = (await machine.ExecAsync([], "sh", "-c", "stat -c '%F %t:%T' /node/zero; stat -c %F /node/pipe; stat -c %u /data/replaced; cat /data/nnn*; cat '/data/ünïcødé name'; stat -c %s /data/sparse; stat -c %a /tmp")).Succeeded();

        outcome.Lines.ShouldBe(["character special file 1:5", "fifo", "1500", "longodd1048576", "1777"]);
    }

    [SkippableFact]
    public async Task Extended_attributes_are_kept()
    {
        // The program ends with the length of the attribute's value, "remember".
        (await machine.ExecAsync([], "/bin/attribute")).Ended(8);
    }

    public sealed class Machine : IAsyncLifetime
    {
        private readonly Lazy<Task<LazyVm>> _vm = new(static async () =>
            new LazyVm("-u", "0", "--entrypoint", "/bin/sleep", (await ProbeImage.CurrentAsync()).Reference, "1000000"));

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_vm.IsValueCreated && _vm.Value.IsCompletedSuccessfully)
            {
                await (await _vm.Value).DisposeAsync();
            }
        }

        internal async Task<Outcome> ExecAsync(string[] options, params string[] command) => await (await _vm.Value).ExecWithAsync(options, command);
    }
}
