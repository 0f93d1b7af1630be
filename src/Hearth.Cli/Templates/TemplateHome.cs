using Hearth.Core.Naming;
using Hearth.Engine.Store;
using Hearth.Engine.Templates;
using Hearth.Images.Kernels;

namespace Hearth.Cli.Templates;

/// <summary>The templates of a home, with the names that its kernels have now.</summary>
internal sealed class TemplateHome
{
    private readonly Dictionary<string, string> _kernelNames;

    private TemplateHome(TemplateStore store, Dictionary<string, string> kernelNames)
    {
        Store = store;
        _kernelNames = kernelNames;
    }

    public TemplateStore Store { get; }

    public static TemplateHome Open(CliContext context)
    {
        HearthHome home = HearthHome.Open(context.Paths);
        return new TemplateHome(
            new TemplateStore(home.Paths),
            new KernelStore(home.Paths).List().ToDictionary(static kernel => kernel.Digest, static kernel => kernel.Name));
    }

    /// <summary>The kernel's name, or the beginning of its digest when it is gone.</summary>
    public string KernelName(TemplateEntry entry) =>
        _kernelNames.GetValueOrDefault(entry.State.Manifest.Kernel) ?? VmId.Short(entry.State.Manifest.Kernel);
}
