using System.IO.Pipelines;
using Hearth.Images.Archives;
using Hearth.Linux.Processes;

namespace Hearth.Images.Bundles;

/// <summary>
/// Bundles as streams: the archive goes through Debian's zstd (the framework has none before .NET 11), which adds a checksum
/// over all of it. A bundle that somebody unpacked with zstd is read as well.
/// </summary>
public static class BundleFile
{
    /// <summary>Between the archive and zstd: what one side may be ahead of the other.</summary>
    private static readonly PipeOptions s_pipe = new(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 2 << 20, useSynchronizationContext: false);

    /// <summary>Writes a bundle.</summary>
    /// <param name="destination">Takes it compressed.</param>
    /// <param name="write">Adds the files; on a thread of the pool.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Hearth.Core.Errors.HearthException"><c>tool.missing</c>, <c>tool.failed</c>.</exception>
    public static async Task WriteAsync(Stream destination, Action<BundleWriter> write, CancellationToken cancellationToken)
    {
        Pipe pipe = new(s_pipe);
        Task packing = PackAsync(pipe.Reader, destination, cancellationToken);
        try
        {
            await Task.Run(
                () =>
                {
                    BundleWriter writer = new(pipe.Writer.AsStream(leaveOpen: true));
                    write(writer);
                    writer.Finish();
                },
                cancellationToken);
            await pipe.Writer.CompleteAsync();
        }
        catch (Exception e)
        {
            await pipe.Writer.CompleteAsync(e);
            throw;
        }

        await packing;
    }

    /// <summary>Reads a bundle.</summary>
    /// <param name="source">Read from its first byte; compressed or not.</param>
    /// <param name="read">Reads it; on a thread of the pool. What it has not read to the end is not checked to the end.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidDataException">It is damaged, or no archive at all.</exception>
    public static async Task<T> ReadAsync<T>(Stream source, Func<BundleReader, T> read, CancellationToken cancellationToken)
    {
        byte[] magic = new byte[4];
        int count = await source.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancellationToken);
        await using PrefixedStream whole = new(magic.AsMemory(0, count), source);
        if (magic is not [0x28, 0xb5, 0x2f, 0xfd])
        {
            using BundleReader plain = new(whole);
            return await Task.Run(() => read(plain), cancellationToken);
        }

        Pipe pipe = new(s_pipe);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task unpacking = UnpackAsync(whole, pipe.Writer, stop.Token);
        try
        {
            using BundleReader reader = new(pipe.Reader.AsStream(leaveOpen: true));
            T result = await Task.Run(() => read(reader), cancellationToken);
            await unpacking;
            return result;
        }
        catch
        {
            // Not awaited: it may be waiting for the source, which nobody can end.
            await stop.CancelAsync();
            throw;
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
        }
    }

    /// <summary>Whether what failed is the compression, and not the archive in it.</summary>
    public static bool IsStreamDamage(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is ToolFailedException)
            {
                return true;
            }
        }

        return false;
    }

    private static async Task PackAsync(PipeReader archive, Stream destination, CancellationToken cancellationToken)
    {
        try
        {
            await ToolProcess.RunAsync(new ToolCommand("zstd", ["-cq", "-3", "-T0"]), new ToolStreams { Input = archive.AsStream(leaveOpen: true), Output = destination }, cancellationToken);
        }
        finally
        {
            await archive.CompleteAsync(); // The writer goes on into nothing rather than wait.
        }
    }

    /// <summary>Never fails: the reader of the pipe is told.</summary>
    private static async Task UnpackAsync(Stream source, PipeWriter archive, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await ToolProcess.RunAsync(new ToolCommand("zstd", ["-dcq"]), new ToolStreams { Input = source, Output = archive.AsStream(leaveOpen: true) }, cancellationToken);
        }
        catch (ToolFailedException e)
        {
            failure = new InvalidDataException(Said(e), e);
        }
#pragma warning disable CA1031 // Carried to whoever reads the pipe.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        await archive.CompleteAsync(failure);
    }

    /// <summary>"/*stdin*\ : Decoding error (36) : Restored data doesn't match checksum", without what people need not know.</summary>
    private static string Said(ToolFailedException failure) =>
        $"zstd: {(failure.ErrorTail.Count > 0 ? failure.ErrorTail[^1].Split(" : ")[^1] : failure.Message).Trim().TrimEnd('.')}";
}
