namespace Hearth.Cli.Completion;

/// <summary>Which live names an argument takes.</summary>
internal enum NameKind
{
    Vm,
    RunningVm,
    StoppedVm,

    /// <summary>A VM's name and a colon.</summary>
    VmPath,

    Image,
    VmOrImage,
    Kernel,

    /// <summary>A template's key.</summary>
    Template,

    /// <summary>The image of a pool.</summary>
    Pool,

    Snapshot,
}
