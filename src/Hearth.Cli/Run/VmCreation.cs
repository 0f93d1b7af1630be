using System.CommandLine;
using Hearth.Cli.Networks;
using Hearth.Cli.Output;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Admission;
using Hearth.Engine.Events;
using Hearth.Engine.Pools;
using Hearth.Engine.Networks;
using Hearth.Engine.Store;
using Hearth.Images.Store;

namespace Hearth.Cli.Run;

/// <summary>From a command line to a VM in the store: checks, then the image, then the VM.</summary>
internal static class VmCreation
{
    public static async Task<VmModel> CreateAsync(CliContext context, VmOptions options, ParseResult parsed, VmFlags flags) =>
        (await CreateAsync(context, options, parsed, flags, null)).Vm;

    /// <summary>As above, for a VM that is started next.</summary>
    /// <param name="context">Of the command.</param>
    /// <param name="options">Of the command.</param>
    /// <param name="parsed">What was given for them.</param>
    /// <param name="flags">What they say.</param>
    /// <param name="first">
    /// The start; null for none. It takes a guest that stands ready, if there is one: the VM has its id then, and the caller has it become the VM's
    /// supervisor.
    /// </param>
    public static async Task<(VmModel Vm, SpareHold? Spare)> CreateAsync(CliContext context, VmOptions options, ParseResult parsed, VmFlags flags, FirstRun? first)
    {
        PullPolicy policy = ReadPull(parsed.GetValue(options.Pull));
        string? cidFile = parsed.GetValue(options.CidFile);
        if (cidFile is not null && File.Exists(cidFile))
        {
            throw new HearthException("cidfile.exists", $"--cidfile {cidFile}: the file exists.", "Another VM may have written it: remove the file or name another.");
        }

        HearthHome home = HearthHome.Open(context.Paths);
        EgressOptions.RequireReadable(context.Paths, flags.Network?.Egress);
        flags = flags with { Network = WayOut.Choose(new NetworkStore(context.Paths), flags.Network) };
        if (flags.Name is not null)
        {
            RequireFree(home, flags.Name);
        }

        ImageRecord image;
        using (IProgressSink progress = context.OpenProgress())
        {
            image = await new ImageStore(context.Paths, context.Time).GetAsync(
                flags.Image, policy, parsed.GetValue(options.Platform), progress, context.Cancellation);
        }

        VmSpec Build(string name) => SpecBuilder.Build(flags, image.Config, image.Id, name, context.Time.GetUtcNow());
        SpareHold? spare = first is not null ? await SpareHold.TryClaimAsync(home.Paths, Build(flags.Name ?? "any"), context.Cancellation) : null;
        if (first is not null && spare is null)
        {
            FreeMemory.RequireStart($"A VM of {flags.Image}", context.Variable);
        }

        Action<VmModel>? mark = first is null ? null : first.Mark;
        VmModel Create(string name) => spare is null ? home.Vms.Create(Build(name), mark) : home.Vms.Adopt(Build(name) with { Id = spare.Id }, mark);
        try
        {
            VmModel vm = flags.Name is null ? RandomName.Claim(Create) : Create(flags.Name);
            flags.Warnings.ToList().ForEach(context.Warn);
            if (cidFile is not null)
            {
                WriteCidFile(home, vm, cidFile);
            }

            Dictionary<string, string> attributes = new(vm.Spec.Labels) { ["name"] = vm.Name, ["image"] = vm.Spec.Image };
            new EventLog(context.Paths).Append(new HearthEvent(context.Time.GetUtcNow(), "container", "create", vm.Id, attributes));
            return (vm, spare);
        }
        catch
        {
            if (spare is not null)
            {
                await spare.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>The store claims names; this look only spares the user a long pull whose VM could not be made.</summary>
    private static void RequireFree(HearthHome home, string name)
    {
        if (home.Vms.List().Any(vm => vm.Name == name))
        {
            throw new HearthException("name.in-use", $"The name '{name}' is in use by another VM.", $"Remove or rename that VM ('hearth rm {name}'), or choose another name.");
        }
    }

    private static void WriteCidFile(HearthHome home, VmModel vm, string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            file.Write(System.Text.Encoding.ASCII.GetBytes(vm.Id));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            home.Vms.Remove(vm);
            throw new HearthException("cidfile.failed", $"--cidfile {path}: {e.Message}", "Name a file in a directory that you can write to.", inner: e);
        }
    }

    public static PullPolicy ReadPull(string? text) => text switch
    {
        null or "missing" => PullPolicy.Missing,
        "always" => PullPolicy.Always,
        "never" => PullPolicy.Never,
        _ => throw new HearthException("pull.invalid", $"--pull {text}: not a policy.", "Use always, missing or never."),
    };
}
