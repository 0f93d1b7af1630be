namespace Hearth.Images.Layers;

/// <summary>Passes reads on and tells how many bytes they gave.</summary>
internal sealed class CountingStream(Stream inner, Action<long> onRead) : ReadOnlyStream
{
    private long _total;

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        _total += count;
        onRead(_total);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}
