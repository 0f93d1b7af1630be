namespace Hearth.Cli.Listing.Doctor;

internal enum CheckStatus
{
    Ok,

    /// <summary>VMs run, but something is slower or missing.</summary>
    Warn,

    /// <summary>VMs do not run.</summary>
    Fail,
}
