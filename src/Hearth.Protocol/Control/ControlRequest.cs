using System.Text.Json.Serialization;
using Hearth.Core.Specs;

namespace Hearth.Protocol.Control;

/// <summary>
/// What a client asks of a supervisor: the first frame of a connection to <c>control.sock</c>. Every connection carries one
/// request and its answer.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(AttachRequest), "attach")]
[JsonDerivedType(typeof(WaitStartedRequest), "waitStarted")]
[JsonDerivedType(typeof(WaitExitRequest), "waitExit")]
[JsonDerivedType(typeof(WaitHealthyRequest), "waitHealthy")]
[JsonDerivedType(typeof(ExecRequest), "exec")]
[JsonDerivedType(typeof(StopRequest), "stop")]
[JsonDerivedType(typeof(KillRequest), "kill")]
[JsonDerivedType(typeof(PauseRequest), "pause")]
[JsonDerivedType(typeof(UnpauseRequest), "unpause")]
[JsonDerivedType(typeof(CaptureStateRequest), "capture")]
[JsonDerivedType(typeof(SuspendRequest), "suspend")]
[JsonDerivedType(typeof(RollbackRequest), "rollback")]
[JsonDerivedType(typeof(TopRequest), "top")]
[JsonDerivedType(typeof(StatsRequest), "stats")]
[JsonDerivedType(typeof(CopyOutRequest), "copyOut")]
[JsonDerivedType(typeof(CopyInRequest), "copyIn")]
[JsonDerivedType(typeof(HoldCopyRequest), "holdCopy")]
[JsonDerivedType(typeof(RenameRequest), "rename")]
[JsonDerivedType(typeof(ChangePortsRequest), "changePorts")]
[JsonDerivedType(typeof(ChangeEgressRequest), "changeEgress")]
[JsonDerivedType(typeof(ChangeMembershipRequest), "changeMembership")]
[JsonDerivedType(typeof(ClaimRequest), "claim")]
[JsonDerivedType(typeof(BecomeRequest), "become")]
[JsonDerivedType(typeof(LetGoRequest), "letGo")]
[JsonDerivedType(typeof(KeepAwakeRequest), "keepAwake")]
public abstract record ControlRequest;

/// <summary>
/// Joins the container's standard streams. Reply (empty) at once, then Started (also when it runs already), Stdout and Stderr from now
/// on, and Exit; or Error when it could not be started. Stdin, StdinEof, Resize and Signal go the other way.
/// </summary>
/// <param name="Stdin">This client sends standard input.</param>
/// <param name="Foreground">This client owns the VM's life: the container is not started before it is here, and when the connection ends the VM is ended.</param>
public sealed record AttachRequest(bool Stdin = false, bool Foreground = false) : ControlRequest;

/// <summary>Answers Started when the container runs, or Error when it could not be started.</summary>
public sealed record WaitStartedRequest : ControlRequest;

/// <summary>Answers Exit when the container has ended for good (no restart follows).</summary>
public sealed record WaitExitRequest : ControlRequest;

/// <summary>Empty Reply when the container is healthy; Error when it has ended for good before (<c>health.ended</c>), or has no health check.</summary>
public sealed record WaitHealthyRequest : ControlRequest;

/// <summary>Starts one more process. Without <paramref name="Detach"/> answered as a session; with it by Started alone.</summary>
public sealed record ExecRequest(ProcessSpec Process, bool InVm = false, bool Detach = false) : ControlRequest;

/// <summary>Stop signal, then SIGKILL after the time-out, then power off. Empty Reply when the VM is gone. Null takes the spec's values.</summary>
/// <param name="Discard">The VM is removed next: end it at once, without a signal or a sync.</param>
public sealed record StopRequest(int? TimeoutSeconds = null, string? Signal = null, bool Restarting = false, bool Discard = false) : ControlRequest;

/// <summary>Sends a signal to the container's first process; SIGKILL ends the container. Empty Reply.</summary>
public sealed record KillRequest(string Signal) : ControlRequest;

/// <summary>Stops the vCPUs. Empty Reply.</summary>
public sealed record PauseRequest : ControlRequest;

/// <summary>Lets the vCPUs go on. Empty Reply.</summary>
public sealed record UnpauseRequest : ControlRequest;

/// <summary>
/// Freezes the VM into a directory of the caller's, who publishes or removes it. Reply with <see cref="CaptureReply"/> when the
/// files are complete; the VM runs on long before.
/// </summary>
/// <param name="Directory">An empty directory below the home's staging.</param>
/// <param name="Name">The name for the manifest.</param>
/// <param name="Stop">End the VM with it.</param>
/// <param name="DiskOnly">The disk alone, its file system clean.</param>
/// <param name="Copies">How many copies will be made of it at once; 0 when that is not known.</param>
public sealed record CaptureStateRequest(string Directory, string Name, bool Stop = false, bool DiskOnly = false, int Copies = 0) : ControlRequest;

/// <summary>Freezes the VM and ends it; its next start goes on from there. Empty Reply when it is gone.</summary>
public sealed record SuspendRequest : ControlRequest;

/// <summary>Publishes ports of the running VM, or stops that. Empty Reply when it is so: all of it, or nothing and Error.</summary>
public sealed record ChangePortsRequest(IReadOnlyList<PublishedPort> Add, IReadOnlyList<PublishedPort> Remove) : ControlRequest;

/// <summary>Changes what the running VM may reach, now and later. Empty Reply when it holds, or Error and all is as before.</summary>
public sealed record ChangeEgressRequest(EgressChange Change) : ControlRequest;

/// <summary>Puts the VM on a named network, or takes it off. Empty Reply, or Error.</summary>
public sealed record ChangeMembershipRequest(string Network, bool Join) : ControlRequest;

/// <summary>Goes on from a snapshot, in place. Empty Reply when the container runs.</summary>
/// <param name="Snapshot">Its name.</param>
public sealed record RollbackRequest(string Snapshot) : ControlRequest;

/// <summary>Reply with the agent's TopReply.</summary>
public sealed record TopRequest : ControlRequest;

/// <summary>Reply with <see cref="VmStats"/>; with <paramref name="Stream"/> one a second until the client goes.</summary>
public sealed record StatsRequest(bool Stream = false) : ControlRequest;

/// <summary>Passed on to the agent; see <c>GuestCopyOutRequest</c>.</summary>
public sealed record CopyOutRequest(string Path, bool FollowLink = false) : ControlRequest;

/// <summary>Passed on to the agent; see <c>GuestCopyInRequest</c>.</summary>
public sealed record CopyInRequest(string Path, bool StatOnly = false, bool KeepOwner = false) : ControlRequest;

/// <summary>
/// Asked of the guest that serves copies of a VM that does not run: it stays until the last client that holds it lets go, in
/// whatever way. Empty Reply when it takes copies, or Error. Then StdinEof from the client lets go: empty Reply when others still hold it; Exit when it
/// has ended, the disk is clean and the VM is free to be started; Error when it did not end as it should.
/// </summary>
public sealed record HoldCopyRequest : ControlRequest;

/// <summary>The VM's spec was renamed on disk; take the new name. Empty Reply.</summary>
public sealed record RenameRequest(string Name) : ControlRequest;

/// <summary>
/// Takes a spare: an empty Reply when it is this client's, Error <c>spare.taken</c> when it is not to be had. The client then writes the
/// VM's spec and sends <see cref="BecomeRequest"/> on the same connection, whose end before that ends the spare.
/// </summary>
/// <param name="Shape">The key of the template that the client would start from.</param>
public sealed record ClaimRequest(string Shape) : ControlRequest;

/// <summary>
/// The spare is the supervisor of the VM of its id from now on: empty Reply, or Error when it cannot be. The connection is the life line: its end
/// before a <see cref="LetGoRequest"/> ends the VM.
/// </summary>
/// <param name="Foreground">As in <see cref="AttachRequest"/>.</param>
public sealed record BecomeRequest(bool Foreground) : ControlRequest;

/// <summary>The VM lives on without this client. No answer.</summary>
public sealed record LetGoRequest : ControlRequest;

/// <summary>
/// The VM does not suspend itself as long as this connection is there. Empty Reply when its container runs; Error
/// (<c>vm.suspended</c>) when it was being suspended.
/// </summary>
public sealed record KeepAwakeRequest : ControlRequest;
