using System.Text;

namespace Hearth.Engine.Health;

/// <summary>What a check said: the first 4 KiB, as Docker keeps them.</summary>
internal sealed class HealthOutput
{
    public const int MostBytes = 4096;

    private readonly Lock _lock = new();
    private readonly byte[] _kept = new byte[MostBytes];
    private int _length;
    private bool _isCut;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int part = Math.Min(MostBytes - _length, bytes.Length);
            _isCut |= bytes.Length > part;
            bytes[..part].CopyTo(_kept.AsSpan(_length));
            _length += part;
        }
    }

    public void Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    /// <summary>As text; what is no UTF-8 is replaced.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            return Encoding.UTF8.GetString(_kept, 0, _length) + (_isCut ? "..." : "");
        }
    }
}
