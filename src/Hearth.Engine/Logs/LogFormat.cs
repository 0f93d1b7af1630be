using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Hearth.Engine.Logs;

/// <summary>
/// One line of <c>log.jsonl</c>: <c>{"time":"…","stream":"stdout","text":"…\n"}</c>; bytes that are not text stand as
/// <c>"base64"</c> in place of <c>"text"</c>: what is not UTF-8, and what holds a NUL, which JSON makes six characters of.
/// </summary>
public static class LogFormat
{
    public static void Write(IBufferWriter<byte> output, Utf8JsonWriter json, DateTimeOffset time, bool isError, ReadOnlySpan<byte> bytes)
    {
        json.Reset(output);
        json.WriteStartObject();
        json.WriteString("time"u8, time);
        json.WriteString("stream"u8, isError ? "stderr"u8 : "stdout"u8);
        if (!bytes.Contains((byte)0) && Utf8.IsValid(bytes))
        {
            json.WriteString("text"u8, bytes);
        }
        else
        {
            json.WriteBase64String("base64"u8, bytes);
        }

        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    /// <summary>Decodes a line; null when it is not one (a torn last line after a crash).</summary>
    public static LogEntry? TryRead(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            byte[] bytes = root.TryGetProperty("text"u8, out JsonElement text)
                ? System.Text.Encoding.UTF8.GetBytes(text.GetString() ?? "")
                : root.GetProperty("base64"u8).GetBytesFromBase64();
            return new LogEntry(root.GetProperty("time"u8).GetDateTimeOffset(), root.GetProperty("stream"u8).ValueEquals("stderr"u8), bytes);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
