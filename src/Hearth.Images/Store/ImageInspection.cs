using System.Globalization;
using System.Text.Json;
using Hearth.Core.Specs;

namespace Hearth.Images.Store;

/// <summary>An image as <c>docker image inspect</c> prints it, with Docker's member names, so that existing scripts and templates work.</summary>
public static class ImageInspection
{
    /// <summary>Writes one object. What Docker has and Hearth has not (history, graph driver) is left out; <c>Hearth</c> holds what only Hearth has.</summary>
    public static void Write(Utf8JsonWriter writer, ImageRecord image)
    {
        writer.WriteStartObject();
        writer.WriteString("Id", image.Id);
        Texts(writer, "RepoTags", image.RepoTags);
        Texts(writer, "RepoDigests", image.RepoDigests);
        writer.WriteString("Created", image.Created?.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) ?? "");
        writer.WriteStartObject("Config");
        Config(writer, image.Config);
        writer.WriteEndObject();
        writer.WriteString("Architecture", image.Architecture);
        if (image.Variant.Length > 0)
        {
            writer.WriteString("Variant", image.Variant);
        }

        writer.WriteString("Os", image.Config.Os);
        writer.WriteNumber("Size", image.SizeBytes);
        writer.WriteStartObject("RootFS");
        writer.WriteString("Type", "layers");
        Texts(writer, "Layers", image.DiffIds);
        writer.WriteEndObject();
        writer.WriteStartObject("Hearth");
        writer.WriteString("RootPath", image.RootPath);
        writer.WriteString("RootFileSystem", image.RootFileSystem);
        writer.WriteString("ManifestDigest", image.ManifestDigest);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The object as UTF-8, indented.</summary>
    public static byte[] ToJson(ImageRecord image)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            Write(writer, image);
        }

        return buffer.ToArray();
    }

    private static void Config(Utf8JsonWriter writer, OciImageConfig config)
    {
        writer.WriteString("User", config.User);
        Set(writer, "ExposedPorts", config.ExposedPorts);
        Texts(writer, "Env", config.Env);
        Texts(writer, "Cmd", config.Cmd);
        Set(writer, "Volumes", config.Volumes);
        writer.WriteString("WorkingDir", config.WorkingDir);
        Texts(writer, "Entrypoint", config.Entrypoint);
        writer.WriteStartObject("Labels");
        foreach ((string name, string value) in config.Labels)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
        if (config.StopSignal.Length > 0)
        {
            writer.WriteString("StopSignal", config.StopSignal);
        }
    }

    private static void Texts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    /// <summary>Docker writes sets as objects with empty members.</summary>
    private static void Set(Utf8JsonWriter writer, string name, IReadOnlyList<string> members)
    {
        writer.WriteStartObject(name);
        foreach (string member in members)
        {
            writer.WriteStartObject(member);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
