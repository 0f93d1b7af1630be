using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Cli.Output;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Listing;

/// <summary><c>hearth top</c>: the processes of a container, as ps(1) -f shows them.</summary>
internal static class TopCommand
{
    private static readonly Column[] s_columns =
    [
        new("UID", "UID"), new("PID", "PID"), new("PPID", "PPID"), new("STIME", "STIME"), new("TTY", "TTY"), new("TIME", "TIME"),
        new("RSS", "RSS", false), new("CMD", "CMD"),
    ];

    public static Command Create(CliContext context)
    {
        Option<string?> format = ListingOptions.Format();
        Option<bool> quiet = ListingOptions.Quiet("Only process ids");
        Argument<string> name = new("VM") { Description = "Name or id" };
        HearthCommand command = new("top", "Show the processes of a container.", "hearth top web") { format, quiet, name };
        command.SetAction(async (parsed, cancellation) =>
        {
            ListingWriter listing = new(s_columns, parsed.GetValue(format));
            VmModel vm = HearthHome.Open(context.Paths).Vms.Find(parsed.GetRequiredValue(name));
            await using AwakeVm awake = await AwakeVm.OpenAsync(context.Paths, vm, cancellation);
            byte[] reply = await ControlConnection.CallAsync(awake.Vm, new TopRequest(), cancellation);
            TopReply top = FrameReader.Parse(reply, ProtocolJson.Default.TopReply);
            listing.Write(context.Out, top.Processes.Select(process => Row(process, context.Time)), parsed.GetValue(quiet));
            return 0;
        });
        return command;
    }

    public static ListingRow Row(GuestProcess process, TimeProvider time)
    {
        DateTimeOffset started = TimeZoneInfo.ConvertTime(
            DateTimeOffset.UnixEpoch.AddSeconds(Math.Clamp(process.StartedUnixSeconds, 0, uint.MaxValue)), time.LocalTimeZone);
        bool isRecent = time.GetUtcNow() - started < TimeSpan.FromDays(1);
        string id = process.Pid.ToString(CultureInfo.InvariantCulture);
        return new ListingRow(id, new JsonObject
        {
            ["UID"] = process.User,
            ["PID"] = id,
            ["PPID"] = process.ParentPid.ToString(CultureInfo.InvariantCulture),
            ["STIME"] = started.ToString(isRecent ? "HH:mm" : "MMMdd", CultureInfo.InvariantCulture),
            ["TTY"] = process.Tty,
            ["TIME"] = TimeSpan.FromSeconds(Math.Clamp(process.CpuSeconds, 0, uint.MaxValue)).ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture),
            ["RSS"] = (process.ResidentBytes / 1024).ToString(CultureInfo.InvariantCulture),
            ["CMD"] = process.Command,
        });
    }
}
