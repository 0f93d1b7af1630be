using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Core.Specs;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary>An image as <c>image inspect</c> shows it, in Docker's shape.</summary>
internal static class ImageDescription
{
    public static JsonObject Of(ImageRecord image)
    {
        OciImageConfig config = image.Config;
        return new JsonObject
        {
            ["Id"] = image.Id,
            ["RepoTags"] = JsonNodes.List(image.RepoTags),
            ["RepoDigests"] = JsonNodes.List(image.RepoDigests),
            ["Created"] = JsonNodes.Time(image.Created),
            ["Config"] = new JsonObject
            {
                ["User"] = config.User,
                ["ExposedPorts"] = Keys(config.ExposedPorts),
                ["Env"] = JsonNodes.List(config.Env),
                ["Entrypoint"] = config.Entrypoint.Count > 0 ? JsonNodes.List(config.Entrypoint) : null,
                ["Cmd"] = config.Cmd.Count > 0 ? JsonNodes.List(config.Cmd) : null,
                ["Volumes"] = Keys(config.Volumes),
                ["WorkingDir"] = config.WorkingDir,
                ["Labels"] = JsonNodes.Map(config.Labels),
                ["StopSignal"] = config.StopSignal,
                ["Healthcheck"] = HealthInspection.Config(config.Healthcheck),
            },
            ["Architecture"] = image.Architecture,
            ["Variant"] = image.Variant,
            ["Os"] = config.Os,
            ["Size"] = image.SizeBytes,
            ["VirtualSize"] = image.SizeBytes,
            ["RootFS"] = new JsonObject { ["Type"] = "layers", ["Layers"] = JsonNodes.List(image.DiffIds) },
            ["Hearth"] = new JsonObject
            {
                ["ManifestDigest"] = image.ManifestDigest,
                ["Layers"] = JsonNodes.List(image.Layers),
                ["RootPath"] = image.RootPath,
                ["RootFileSystem"] = image.RootFileSystem,
            },
        };
    }

    private static JsonObject Keys(IReadOnlyList<string> keys)
    {
        JsonObject map = [];
        foreach (string key in keys)
        {
            map[key] = new JsonObject();
        }

        return map;
    }
}
