using Hearth.Core.Errors;

namespace Hearth.Linux.Processes;

/// <summary>A tool's output in memory, up to a bound: what it prints may come from a stranger's server.</summary>
internal sealed class BoundedMemoryStream(int maximumBytes, string program) : MemoryStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Require(buffer.Length);
        base.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        Require(count);
        base.Write(buffer, offset, count);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer, offset, count);
        return Task.CompletedTask;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    private void Require(int count)
    {
        if (Length + count > maximumBytes)
        {
            throw new HearthException("tool.output-too-large", $"{program} printed more than {maximumBytes} bytes.");
        }
    }
}
