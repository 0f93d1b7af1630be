namespace Hearth.Engine.Failpoints;

// Every step at which a supervisor that freezes, restores or takes back a VM can be held, in order. A test takes the lists from
// here, holds each step, and kills what takes part in it: a step that is added to a chain is added to its list.

/// <summary>The steps of the chains in which a guest is frozen or goes on from a frozen one.</summary>
internal static class ChainSteps
{
    public static readonly ChainStep CaptureAsked = new("capture.asked");
    public static readonly ChainStep CaptureLayersNamed = new("capture.layers-named");
    public static readonly ChainStep CaptureLayerOpen = new("capture.layer-open");
    public static readonly ChainStep CaptureChainWritten = new("capture.chain-written");
    public static readonly ChainStep CapturePrepared = new("capture.prepared");
    public static readonly ChainStep CaptureFrozen = new("capture.frozen");
    public static readonly ChainStep CaptureStopped = new("capture.stopped");
    public static readonly ChainStep CaptureSaved = new("capture.saved");
    public static readonly ChainStep CaptureLaidOver = new("capture.laid-over");
    public static readonly ChainStep CaptureGoesOn = new("capture.goes-on");
    public static readonly ChainStep CaptureThawed = new("capture.thawed");
    public static readonly ChainStep CapturePagesWritten = new("capture.pages-written");
    public static readonly ChainStep CaptureMemoryThere = new("capture.memory-there");
    public static readonly ChainStep CaptureSynced = new("capture.synced");
    public static readonly ChainStep CaptureComplete = new("capture.complete");

    public static readonly ChainStep DiskFrozen = new("disk.frozen");
    public static readonly ChainStep DiskStopped = new("disk.stopped");
    public static readonly ChainStep DiskLaidOver = new("disk.laid-over");
    public static readonly ChainStep DiskGoesOn = new("disk.goes-on");
    public static readonly ChainStep DiskThawed = new("disk.thawed");

    public static readonly ChainStep SuspendCaptured = new("suspend.captured");
    public static readonly ChainStep SuspendEnded = new("suspend.ended", HasVmm: false);
    public static readonly ChainStep SuspendKept = new("suspend.kept", HasVmm: false);

    public static readonly ChainStep SuspendPosted = new("suspend.posted", HasVmm: false);

    public static readonly ChainStep RollbackEnded = new("rollback.ended", HasVmm: false);
    public static readonly ChainStep RollbackPlaced = new("rollback.placed", HasVmm: false);

    public static readonly ChainStep RestoreBegun = new("restore.begun", HasVmm: false);
    public static readonly ChainStep RestoreMemoryNamed = new("restore.memory-named", HasVmm: false);
    public static readonly ChainStep RestoreLoaded = new("restore.loaded");
    public static readonly ChainStep RestoreRecorded = new("restore.recorded");
    public static readonly ChainStep RestoreUsedUp = new("restore.used-up");
    public static readonly ChainStep RestoreRuns = new("restore.runs");
    public static readonly ChainStep RestoreAnswered = new("restore.answered");
    public static readonly ChainStep RestoreFreed = new("restore.freed");
    public static readonly ChainStep RestoreAsked = new("restore.asked");
    public static readonly ChainStep RestoreStarted = new("restore.started");

    public static readonly ChainStep RunMade = new("run.made", HasVmm: false);
    public static readonly ChainStep ForkMade = new("fork.made", HasVmm: false);

    public static readonly ChainStep TemplateLocked = new("template.locked", HasVmm: false);
    public static readonly ChainStep TemplateStaged = new("template.staged", HasVmm: false);
    public static readonly ChainStep TemplateRecorded = new("template.recorded");
    public static readonly ChainStep TemplateBooted = new("template.booted");
    public static readonly ChainStep TemplatePrepared = new("template.prepared");
    public static readonly ChainStep TemplateFrozen = new("template.frozen");
    public static readonly ChainStep TemplateStopped = new("template.stopped");
    public static readonly ChainStep TemplateSaved = new("template.saved");
    public static readonly ChainStep TemplateEnded = new("template.ended", HasVmm: false);
    public static readonly ChainStep TemplateComplete = new("template.complete", HasVmm: false);
    public static readonly ChainStep TemplatePublished = new("template.published", HasVmm: false);

    /// <summary>A VM is frozen with its memory, and goes on.</summary>
    public static IReadOnlyList<ChainStep> Capture { get; } =
    [
        CaptureAsked, CaptureLayersNamed, CaptureLayerOpen, CaptureChainWritten, CapturePrepared, CaptureFrozen, CaptureStopped, CaptureSaved,
        CaptureLaidOver, CaptureGoesOn, CaptureThawed, CapturePagesWritten, CaptureMemoryThere, CaptureSynced, CaptureComplete,
    ];

    /// <summary>Its disk alone.</summary>
    public static IReadOnlyList<ChainStep> CaptureDisk { get; } = [DiskFrozen, DiskStopped, DiskLaidOver, DiskGoesOn, DiskThawed];

    /// <summary>It is frozen and ends.</summary>
    public static IReadOnlyList<ChainStep> Suspend { get; } = [SuspendCaptured, SuspendEnded, SuspendKept];

    /// <summary>It has suspended itself, a doorkeeper has its ports, and no state says so yet.</summary>
    public static IReadOnlyList<ChainStep> Doors { get; } = [SuspendPosted];

    /// <summary>It ends, and its files become those of a snapshot; then it is restored.</summary>
    public static IReadOnlyList<ChainStep> Rollback { get; } = [RollbackEnded, RollbackPlaced];

    /// <summary>A VM goes on from a snapshot, a suspended VM or a template. A template is never used up, nor freed.</summary>
    public static IReadOnlyList<ChainStep> Restore { get; } =
    [
        RestoreBegun, RestoreMemoryNamed, RestoreLoaded, RestoreRecorded, RestoreUsedUp, RestoreRuns, RestoreAnswered, RestoreFreed, RestoreAsked,
        RestoreStarted,
    ];

    /// <summary>A VM is made, and not started yet. This one is the client's.</summary>
    public static IReadOnlyList<ChainStep> Run { get; } = [RunMade];

    /// <summary>Copies are made, and none is started yet. This one is the client's.</summary>
    public static IReadOnlyList<ChainStep> Fork { get; } = [ForkMade];

    /// <summary>A template is made.</summary>
    public static IReadOnlyList<ChainStep> Template { get; } =
    [
        TemplateLocked, TemplateStaged, TemplateRecorded, TemplateBooted, TemplatePrepared, TemplateFrozen, TemplateStopped, TemplateSaved,
        TemplateEnded, TemplateComplete, TemplatePublished,
    ];
}
