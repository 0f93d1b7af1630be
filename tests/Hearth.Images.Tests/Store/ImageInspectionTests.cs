using System.Text;
using Hearth.Core.Specs;
using Hearth.Images.Store;

namespace Hearth.Images.Tests.Store;

public sealed class ImageInspectionTests
{
    [Fact]
    public void An_image_is_shown_with_the_names_that_docker_uses()
    {
        var image = new ImageRecord
        {
            Id = "sha256:1",
            RepoTags = ["x:1"],
            RepoDigests = ["x@sha256:2"],
            Config = new OciImageConfig
            {
                Cmd = ["sh"],
                Env = ["A=b"],
                ExposedPorts = ["80/tcp"],
                Labels = new Dictionary<string, string> { ["k"] = "v" },
                Architecture = "arm",
                Os = "linux",
                Created = new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero),
            },
            Variant = "v7",
            RootPath = "/r",
            RootFileSystem = "squashfs",
            SizeBytes = 7,
            DiffIds = ["sha256:3"],
            ManifestDigest = "sha256:4",
        };

        string json = Encoding.UTF8.GetString(ImageInspection.ToJson(image)).Replace("\n", "", StringComparison.Ordinal).Replace("  ", "", StringComparison.Ordinal);

        json.ShouldBe("""
            {"Id": "sha256:1","RepoTags": ["x:1"],"RepoDigests": ["x@sha256:2"],"Created": "2024-01-02T03:04:05Z","Config": {"User": "","ExposedPorts": {"80/tcp": {}},"Env": ["A=b"],"Cmd": ["sh"],"Volumes": {},"WorkingDir": "","Entrypoint": [],"Labels": {"k": "v"}},"Architecture": "arm","Variant": "v7","Os": "linux","Size": 7,"RootFS": {"Type": "layers","Layers": ["sha256:3"]},"Hearth": {"RootPath": "/r","RootFileSystem": "squashfs","ManifestDigest": "sha256:4"}}
            """);
    }
}
