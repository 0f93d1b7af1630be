using Hearth.Agent.Copying;
using Hearth.Core.Errors;

namespace Hearth.Agent.Tests.Copying;

public sealed class CopiesUnderWayTests
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_machine_waits_until_the_copies_that_it_cut_off_have_closed_their_files()
    {
        CopiesUnderWay copies = new();
        using Cut first = new();
        using Cut second = new();
        using SemaphoreSlim begun = new(0);
        using SemaphoreSlim mayClose = new(0);
        Task[] threads = [.. new[] { first, second }.Select(stream => Task.Run(() => copies.Run(stream, () =>
        {
            begun.Release();
            stream.Wait();
            mayClose.Wait(s_bound).ShouldBeTrue();
        })))];
        await begun.WaitAsync(s_bound);
        await begun.WaitAsync(s_bound);

        Task<bool> cutOff = Task.Run(() => copies.CutOff(s_bound));
        first.Wait();
        second.Wait();
        mayClose.Release();
        await Task.WhenAny(threads).WaitAsync(s_bound);
        cutOff.IsCompleted.ShouldBeFalse();
        mayClose.Release();

        (await cutOff).ShouldBeTrue();
        await Task.WhenAll(threads);
    }

    [Fact]
    public void No_copy_begins_after_that()
    {
        CopiesUnderWay copies = new();
        copies.CutOff(TimeSpan.Zero).ShouldBeTrue();
        using Cut stream = new();

        Should.Throw<HearthException>(() => copies.Run(stream, static () => throw new InvalidOperationException("It ran."))).Code.ShouldBe("agent.ending");
    }

    [Fact]
    public void A_copy_that_does_not_end_does_not_keep_the_machine_on()
    {
        CopiesUnderWay copies = new();
        using Cut stream = new();

        copies.Run(stream, () => copies.CutOff(TimeSpan.FromMilliseconds(1)).ShouldBeFalse());
    }

    [Fact]
    public void A_copy_that_fails_is_over()
    {
        CopiesUnderWay copies = new();
        using Cut stream = new();

        Should.Throw<IOException>(() => copies.Run(stream, static () => throw new IOException("disk full")));

        copies.CutOff(TimeSpan.Zero).ShouldBeTrue();
    }

    private sealed class Cut : IDisposable
    {
        private readonly TaskCompletionSource _disposed = new();

        public void Wait() => _disposed.Task.Wait(s_bound).ShouldBeTrue();

        public void Dispose() => _disposed.TrySetResult();
    }
}
