using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Core.Errors;
using Hearth.Images.Documents;

namespace Hearth.Images.Tests.Documents;

/// <summary>Manifests, indexes and configurations are a stranger's bytes: whatever they are, the outcome is a document or a HearthException.</summary>
public sealed class HostileDocumentTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly string[] s_seeds =
    [
        $$$"""{"schemaVersion":2,"config":{"mediaType":"c","digest":"{{{Digest}}}","size":3},"layers":[{"mediaType":"l","digest":"{{{Digest}}}","size":4,"annotations":{"a":"b"}}]}""",
        $$$"""{"manifests":[{"digest":"{{{Digest}}}","size":1,"platform":{"os":"linux","architecture":"arm64","variant":"v8"},"annotations":{"k":"v"}}]}""",
        """{"created":"2024-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{"Env":["A=b"],"Cmd":["sh"],"Entrypoint":null,"ExposedPorts":{"80/tcp":{}},"Labels":{"x":"y"},"User":"0"},"rootfs":{"diff_ids":["d"]}}""",
    ];

    private static readonly string[] s_pieces =
        ["null", "0", "-1", "1e999", "99999999999999999999", "1.5", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[[]]", "{\"\\udfff\":1}", "true", "\"x\"", ",", "\"", "{", "]", "\\"];

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("{\"config\":[],\"layers\":{}}")]
    [InlineData("{\"config\":{\"digest\":\"md5:1\"}}")]
    [InlineData("{\"config\":{\"digest\":\"\\ud800\"}}")]
    [InlineData("{\"schemaVersion\":1,\"fsLayers\":[]}")]
    [InlineData("{\"schemaVersion\":1.5}")]
    public void A_wrong_manifest_is_a_clear_error(string json)
    {
        HearthException error = Should.Throw<HearthException>(() => ImageManifest.Parse(Encoding.UTF8.GetBytes(json), "The manifest of 'x'"));

        error.Code.ShouldBe("image.corrupt");
        error.Message.ShouldStartWith("The manifest of 'x' is not valid: ");
    }

    [Fact]
    public void A_document_beyond_the_size_limit_is_refused_unread() =>
        Should.Throw<HearthException>(() => ImageManifest.Parse(new byte[ImageManifest.MaximumBytes + 1], "It")).Message.ShouldContain("is the most allowed");

    [Fact]
    public void A_deep_document_is_refused()
    {
        string json = string.Concat(Enumerable.Repeat("{\"config\":", 100_000)) + "1" + new string('}', 100_000);

        Should.Throw<HearthException>(() => ImageConfigDocument.Parse(Encoding.UTF8.GetBytes(json), "It")).Code.ShouldBe("image.corrupt");
    }

    [Fact]
    public void Too_many_layers_are_refused()
    {
        string layer = $$$"""{"digest":"{{{Digest}}}","size":1}""";
        string json = $$$"""{"config":{{{layer}}},"layers":[{{{string.Join(',', Enumerable.Repeat(layer, 1001))}}}]}""";

        Should.Throw<HearthException>(() => ImageManifest.Parse(Encoding.UTF8.GetBytes(json), "It")).Message.ShouldContain("1001 entries");
    }

    [Fact]
    public void A_negative_size_is_refused() =>
        Should.Throw<HearthException>(() => ImageManifest.Parse(Encoding.UTF8.GetBytes($$$"""{"config":{"digest":"{{{Digest}}}","size":-1}}"""), "It")).Message.ShouldContain("impossible");

    [Fact]
    public void Mutated_documents_give_a_document_or_a_hearth_exception_and_nothing_else()
    {
        Gen<string> mutated =
            from seed in Gen.Elements(s_seeds)
            from cuts in Gen.ArrayOf(Gen.Choose(0, 400), 3)
            from pieces in Gen.ArrayOf(Gen.Elements(s_pieces), 3)
            select Mutate(seed, cuts, pieces);
        Prop.ForAll(mutated.ToArbitrary(), static json => Survives(Encoding.UTF8.GetBytes(json))).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void Random_bytes_give_a_hearth_exception_and_nothing_else() =>
        Prop.ForAll<byte[]>(static bytes => Survives(bytes)).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void A_configuration_is_read_with_lists_texts_and_keys()
    {
        ImageConfigDocument read = ImageConfigDocument.Parse(Encoding.UTF8.GetBytes(s_seeds[2].Replace("null", "\"/init\"", StringComparison.Ordinal)), "It");

        read.Config.Entrypoint.ShouldBe(["/init"]);
        read.Config.Cmd.ShouldBe(["sh"]);
        read.Config.ExposedPorts.ShouldBe(["80/tcp"]);
        read.Config.Created.ShouldBe(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
        read.DiffIds.ShouldBe(["d"]);
    }

    /// <summary>Replaces what lies between structural characters at the cuts.</summary>
    private static string Mutate(string seed, int[] cuts, string[] pieces)
    {
        string text = seed;
        for (int i = 0; i < cuts.Length; i++)
        {
            int at = cuts[i] % (text.Length + 1);
            int end = text.IndexOfAny([',', '}', ']', ':'], at) is >= 0 and int found ? found : text.Length;
            text = text[..at] + pieces[i] + text[end..];
        }

        return text;
    }

    private static bool Survives(byte[] json)
    {
        Action[] readers =
        [
            () => ImageManifest.Parse(json, "It"),
            () => ImageManifest.ParseIndex(json, "It"),
            () => ImageManifest.IsIndex(json, "It"),
            () => ImageConfigDocument.Parse(json, "It"),
        ];
        foreach (Action reader in readers)
        {
            try
            {
                reader();
            }
            catch (HearthException)
            {
                // The expected outcome; anything else fails the property.
            }
        }

        return true;
    }
}
