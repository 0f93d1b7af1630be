using System.Diagnostics;
using System.Globalization;
using Hearth.Linux;
using Hearth.Linux.Files;

namespace Hearth.Kernel.Tests.Files;

/// <summary>The lock against another process: flock(1) of util-linux holds it, or tries to.</summary>
public sealed class FileLockTests : IDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-lock-").FullName;

    private string LockFile => Path.Combine(_directory, "lock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_lock_does_not_bring_a_directory_back_that_is_gone()
    {
        string directory = Directory.CreateTempSubdirectory("hearth-lock-").FullName;
        string path = Path.Combine(directory, "lock");
        using (FileLock? held = FileLock.TryAcquireWithin(path))
        {
            held.ShouldNotBeNull();
            FileLock.TryAcquireWithin(path).ShouldBeNull();
        }

        Directory.Delete(directory, recursive: true);

        FileLock.TryAcquireWithin(path).ShouldBeNull();
        Directory.Exists(directory).ShouldBeFalse();
    }

    [Fact]
    public async Task A_lock_of_another_process_is_waited_for_and_comes_when_it_lets_go()
    {
        using Process holder = await HoldAsync();
        FileLock.TryAcquire(LockFile).ShouldBeNull();
        FileLock.TryAcquire(LockFile, FileLockMode.Shared).ShouldBeNull();
        Task<FileLock> waiting = FileLock.AcquireAsync(LockFile, CancellationToken.None);
        waiting.IsCompleted.ShouldBeFalse();

        holder.StandardInput.Close();

        using FileLock taken = await waiting.WaitAsync(s_bound);
    }

    [Fact]
    public async Task A_file_that_says_something_by_being_there_is_not_made_to_be_locked()
    {
        FileLock.TryAcquireExisting(LockFile).ShouldBeNull();
        File.Exists(LockFile).ShouldBeFalse();
        FileLock.TryAcquireExisting(Path.Combine(_directory, "no-directory", "lock")).ShouldBeNull();

        using Process holder = await HoldAsync();
        FileLock.TryAcquireExisting(LockFile).ShouldBeNull();
        Task<FileLock> free = FileLock.AcquireAsync(LockFile, CancellationToken.None);
        holder.Kill();
        (await free.WaitAsync(s_bound)).Dispose();

        using FileLock? taken = FileLock.TryAcquireExisting(LockFile);
        taken.ShouldNotBeNull();
    }

    [Fact]
    public async Task The_lock_of_a_process_that_was_killed_is_free()
    {
        using Process holder = await HoldAsync();
        Task<FileLock> waiting = FileLock.AcquireAsync(LockFile, CancellationToken.None);

        holder.Kill();

        using FileLock taken = await waiting.WaitAsync(s_bound);
    }

    [Fact]
    public async Task Another_process_cannot_take_a_lock_that_is_held_here_and_can_after()
    {
        using (FileLock.TryAcquire(LockFile).ShouldNotBeNull())
        {
            (await TryAsync("--exclusive")).ShouldBe(1);
            (await TryAsync("--shared")).ShouldBe(1);
        }

        (await TryAsync("--exclusive")).ShouldBe(0);
    }

    /// <summary>A child between clone and execve has one; so had a lock of a test beside another that started programs.</summary>
    [Fact]
    public void A_lock_that_was_let_go_is_free_although_somebody_has_a_copy_of_its_descriptor()
    {
        const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC, include/uapi/linux/fcntl.h
        FileLock held = FileLock.TryAcquire(LockFile).ShouldNotBeNull();
        string descriptor = Directory.EnumerateFiles("/proc/self/fd").Single(link => new FileInfo(link).LinkTarget == LockFile);
        int copy = Libc.fcntl(int.Parse(Path.GetFileName(descriptor), CultureInfo.InvariantCulture), DuplicateCloseOnExec, 0);
        using Microsoft.Win32.SafeHandles.SafeFileHandle owner = new(copy, ownsHandle: true);

        held.Dispose();

        owner.IsInvalid.ShouldBeFalse();
        using FileLock again = FileLock.TryAcquire(LockFile).ShouldNotBeNull();
    }

    [Fact]
    public async Task Readers_of_two_processes_share_it_and_keep_a_writer_out()
    {
        using FileLock reader = FileLock.TryAcquire(LockFile, FileLockMode.Shared).ShouldNotBeNull();

        (await TryAsync("--shared")).ShouldBe(0);
        (await TryAsync("--exclusive")).ShouldBe(1);
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_gives_the_lock_back()
    {
        using Process holder = await HoldAsync();
        using CancellationTokenSource cancel = new();
        Task<FileLock> waiting = FileLock.AcquireAsync(LockFile, cancel.Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);

        holder.StandardInput.Close();
        await holder.WaitForExitAsync().WaitAsync(s_bound);

        // Behind the wait that was left: it is given the lock, and lets go of it.
        using FileLock taken = await FileLock.AcquireAsync(LockFile, CancellationToken.None).WaitAsync(s_bound);
    }

    /// <summary>A process that holds the lock until its input ends; it has it on return.</summary>
    private async Task<Process> HoldAsync()
    {
        // --no-fork: the process that is killed is the one that holds it.
        Process holder = Process.Start(new ProcessStartInfo("flock", ["--no-fork", LockFile, "sh", "-c", "echo held; exec cat"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        (await holder.StandardOutput.ReadLineAsync().WaitAsync(s_bound)).ShouldBe("held");
        return holder;
    }

    private async Task<int> TryAsync(string mode)
    {
        using Process attempt = Process.Start("flock", ["--nonblock", mode, LockFile, "true"]);
        await attempt.WaitForExitAsync().WaitAsync(s_bound);
        return attempt.ExitCode;
    }
}
