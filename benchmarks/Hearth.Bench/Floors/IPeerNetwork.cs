using Hearth.Protocol.Agent;

namespace Hearth.Bench.Floors;

/// <summary>A network for a bare guest, made without Hearth. Disposing takes it away; the guest has ended then.</summary>
internal interface IPeerNetwork : IDisposable
{
    /// <summary>What the guest's interface is given.</summary>
    GuestNetwork Guest { get; }

    /// <summary>Where its machine stands.</summary>
    BareLaunch Launch { get; }
}
