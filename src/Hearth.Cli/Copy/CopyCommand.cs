using System.CommandLine;
using System.Net.Sockets;
using Hearth.Cli.Parsing;
using Hearth.Engine.Copying;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;

namespace Hearth.Cli.Copy;

/// <summary><c>hearth cp</c>.</summary>
internal static class CopyCommand
{
    public static Command Create(CliContext context)
    {
        var source = new Argument<string>("SOURCE") { Description = "VM:PATH, a path here, or - for a tar archive on standard input." };
        var target = new Argument<string>("TARGET") { Description = "VM:PATH, a path here, or - for a tar archive on standard output." };
        var followLink = new Option<bool>("--follow-link", "-L") { Description = "Copy what a symbolic link at SOURCE points to." };
        var archive = new Option<bool>("--archive", "-a") { Description = "Keep user and group ids." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Do not say what was copied." };
        var command = new HearthCommand(
            "cp",
            "Copy files and directories between a VM's container, running or not, and this machine.",
            "hearth cp web:/etc/nginx/nginx.conf .",
            "hearth cp site/. web:/srv",
            "hearth cp web:/var/log - | tar t",
            "tar c . | hearth cp - web:/work")
        {
            source, target, followLink, archive, quiet,
        };
        command.SetAction(async (parsed, _) =>
        {
            CopyPath from = CopyPath.Parse(parsed.GetRequiredValue(source));
            CopyPath to = CopyPath.Parse(parsed.GetRequiredValue(target));
            if (from.Vm is null == to.Vm is null)
            {
                throw new UsageException(command, from.Vm is null ? "one side must be in a VM (VM:PATH)." : "copying from VM to VM is not supported; go through this machine.");
            }

            VmModel vm = HearthHome.Open(context.Paths).Vms.Find(from.Vm ?? to.Vm!);
            var options = new CopyRequestOptions(parsed.GetValue(followLink), parsed.GetValue(archive), parsed.GetValue(quiet));
            await using AwakeVm awake = await AwakeVm.OpenAsync(context.Paths, vm, context.Cancellation);
            vm = awake.Vm;
            await using CopyHold? hold = await CopyHold.OpenAsync(context.Paths, vm, context.Cancellation);
            await UnlessLostAsync(from.Vm is null ? new CopyIn(context, vm, options).RunAsync(from, to) : new CopyOut(context, vm, options).RunAsync(from, to));
            await (hold?.ReleaseAsync(context.Cancellation) ?? Task.CompletedTask);
            return 0;
        });
        return command;
    }

    /// <summary>A supervisor that was killed breaks the connection in the middle, whichever side writes.</summary>
    private static async Task UnlessLostAsync(Task copy)
    {
        try
        {
            await copy;
        }
        catch (IOException e) when (e.InnerException is SocketException)
        {
            throw FrameInputStream.Lost();
        }
    }
}
