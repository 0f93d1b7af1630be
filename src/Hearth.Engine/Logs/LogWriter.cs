using System.Buffers;
using System.Text.Json;

namespace Hearth.Engine.Logs;

/// <summary>
/// Writes a container's output to <c>log.jsonl</c>, an entry a line; a line without an end is written when 16 KiB have
/// gathered or the container ends, as Docker does. Two files of at most <see cref="MaxFileBytes"/> are kept, so that a guest
/// cannot fill the host's disk. One caller at a time.
/// </summary>
public sealed class LogWriter : IDisposable
{
    /// <summary>At this size the log becomes <c>log.1.jsonl</c> and a new one begins.</summary>
    public const long MaxFileBytes = 64L << 20;

    private const int MaxLineBytes = 16 * 1024;

    private readonly long _maxFileBytes;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ArrayBufferWriter<byte> _encoded = new(64 * 1024);
    private readonly Utf8JsonWriter _json;
    private readonly byte[][] _partial = [[], []];
    private FileStream _file;

    public LogWriter(string path, TimeProvider time)
        : this(path, time, MaxFileBytes)
    {
    }

    internal LogWriter(string path, TimeProvider time, long maxFileBytes)
    {
        _maxFileBytes = maxFileBytes;
        _path = path;
        _time = time;
        _file = Open(path);
        _json = new Utf8JsonWriter(_encoded, new JsonWriterOptions { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public void Write(bool isError, ReadOnlySpan<byte> bytes)
    {
        ref byte[] partial = ref _partial[isError ? 1 : 0];
        DateTimeOffset now = _time.GetUtcNow();
        if (partial.Length > 0)
        {
            bytes = (byte[])[.. partial, .. bytes];
            partial = [];
        }

        while (bytes.Length > 0)
        {
            int end = bytes[..Math.Min(bytes.Length, MaxLineBytes)].IndexOf((byte)'\n') + 1;
            if (end == 0 && bytes.Length < MaxLineBytes)
            {
                partial = bytes.ToArray();
                break;
            }

            int length = end == 0 ? MaxLineBytes : end;
            LogFormat.Write(_encoded, _json, now, isError, bytes[..length]);
            bytes = bytes[length..];
        }

        Store();
    }

    /// <summary>Writes lines that have no end yet.</summary>
    public void Finish()
    {
        for (int i = 0; i < _partial.Length; i++)
        {
            if (_partial[i].Length > 0)
            {
                LogFormat.Write(_encoded, _json, _time.GetUtcNow(), i == 1, _partial[i]);
                _partial[i] = [];
            }
        }

        Store();
    }

    public void Dispose()
    {
        _json.Dispose();
        _file.Dispose();
    }

    internal static string OlderFile(string path) => Path.ChangeExtension(path, ".1.jsonl");

    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    private void Store()
    {
        if (_encoded.WrittenCount == 0)
        {
            return;
        }

        _file.Write(_encoded.WrittenSpan);
        _encoded.ResetWrittenCount();
        if (_file.Position >= _maxFileBytes)
        {
            _file.Dispose();
            File.Move(_path, OlderFile(_path), overwrite: true);
            _file = Open(_path);
        }
    }
}
