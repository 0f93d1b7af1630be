using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Templates;
using Hearth.Linux.Files;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Supervision;

// Theory of operation
//
// --snapshot-when: the first VM of a kind (ApplicationKey) watches for its application to be ready, and is frozen then for those
// that come after it; it goes on at once, and nobody waits for it. Steps: condition seen → lock of the key, or somebody else
// has it and this one gives up → frozen into staging → renamed into place → event "template". Whatever fails is a line in the
// log and costs later runs their shortcut; the VM is not told. A VM that ends first makes none.
//
// A command is tried again after a pause that grows, because nothing tells when it would succeed; a line of output is an event.

/// <content>Freezing an application that has become ready.</content>
public sealed partial class Supervisor
{
    private static readonly TimeSpan s_firstProbePause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestProbePause = TimeSpan.FromSeconds(2);

    private CancellationTokenSource? _readinessEnd;
    private Task _readiness = Task.CompletedTask;

    /// <param name="run">The guest, whose container has just been started.</param>
    /// <param name="key">The template to make; null for none.</param>
    private void WatchReadiness(VmRun run, string? key)
    {
        if (key is null || _vm.Spec.SnapshotWhen is not { } text)
        {
            return;
        }

        _readinessEnd = CancellationTokenSource.CreateLinkedTokenSource(_interrupt.Token);
        CancellationToken ended = _readinessEnd.Token;
        ReadyCondition condition = ReadyCondition.Parse(text);
        Task ready = condition.Line is { } pattern ? SeeLineAsync(new LineWatch(pattern), ended)
            : condition.Command is { } command ? ProbeAsync(run, command, ended)
            : HealthyAsync().WaitAsync(ended);
        _readiness = KeepWhenReadyAsync(ready, key, ended);
    }

    /// <summary>Returns when nothing of it uses the guest any more.</summary>
    private async Task EndReadinessAsync()
    {
        if (_readinessEnd is { } end)
        {
            _readinessEnd = null;
            _output.Watch = null;
            await end.CancelAsync();
            await _readiness;
            end.Dispose();
        }
    }

    private async Task SeeLineAsync(LineWatch lines, CancellationToken cancellationToken)
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _output.Watch = frame =>
        {
            if (lines.Sees(frame.Type == FrameType.Stderr, frame.Payload.Span))
            {
                _output.Watch = null;
                seen.TrySetResult();
            }
        };
        await seen.Task.WaitAsync(cancellationToken);
    }

    private async Task ProbeAsync(VmRun run, string command, CancellationToken cancellationToken)
    {
        ProcessSpec probe = _vm.Spec.Container.Process with { Args = ["/bin/sh", "-c", command], Tty = false, Interactive = false };
        TimeSpan pause = s_firstProbePause;
        while (!await SucceedsAsync(run, probe, cancellationToken))
        {
            await Task.Delay(pause, _time, cancellationToken); // Nothing tells when it would succeed.
            pause = pause * 2 < s_longestProbePause ? pause * 2 : s_longestProbePause;
        }
    }

    private static async Task<bool> SucceedsAsync(VmRun run, ProcessSpec probe, CancellationToken cancellationToken)
    {
        using AgentSession session = await run.Agent.OpenAsync(new GuestExecRequest(probe, InVm: false), cancellationToken);
        while (await session.Reader.ReadAsync(cancellationToken) is { } frame)
        {
            if (frame.Type == FrameType.Exit)
            {
                return FrameReader.Parse(frame.Payload, ProtocolJson.Default.ExitMessage).ExitCode == 0;
            }

            if (frame.Type == FrameType.Error)
            {
                throw Client.ControlConnection.ToException(frame.Payload);
            }
        }

        return false;
    }

    /// <summary>Never throws.</summary>
    private async Task KeepWhenReadyAsync(Task ready, string key, CancellationToken cancellationToken)
    {
        try
        {
            await ready;
            await KeepReadyAsync(key, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The VM ended before.
        }
        catch (Exception e) when (e is HearthException or IOException or UnauthorizedAccessException or InvalidDataException or LinkException)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _log.Warning($"no template was made of {_vm.Spec.Image} when it is ready: {e.Message}");
            }
        }
    }

    private async Task KeepReadyAsync(string key, CancellationToken cancellationToken)
    {
        using FileLock? turn = FileLock.TryAcquire(Path.Combine(_paths.Locks, $"template-{key}"));
        TemplateStore store = new(_paths);
        if (turn is null || store.Open(key) is not null)
        {
            return;
        }

        using StagingDirectory staging = await StagingDirectory.CreateAsync(_paths, "template", cancellationToken);
        string half = staging.File("template");
        Directory.CreateDirectory(half, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await _freezing.WaitAsync(cancellationToken);
        try
        {
            await CaptureAsync(new CaptureRequest(FrozenKind.Template, key, half, GoOn: true));
        }
        finally
        {
            _freezing.Release();
        }

        store.Publish(half, key, TemplateBudget.Read(Environment.GetEnvironmentVariable));
        Emit("template", ("template", key));
    }
}
