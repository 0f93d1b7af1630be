using FsCheck;
using FsCheck.Fluent;
using Hearth.Core.Errors;
using Hearth.Images.References;

namespace Hearth.Images.Tests.References;

public sealed class ImageReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("alpine", "docker.io/library/alpine", "latest", null, "alpine:latest")]
    [InlineData("alpine:3.20", "docker.io/library/alpine", "3.20", null, "alpine:3.20")]
    [InlineData("library/alpine", "docker.io/library/alpine", "latest", null, "alpine:latest")]
    [InlineData("docker.io/alpine:1", "docker.io/library/alpine", "1", null, "alpine:1")]
    [InlineData("index.docker.io/library/alpine:1", "docker.io/library/alpine", "1", null, "alpine:1")]
    [InlineData("grafana/grafana:11", "docker.io/grafana/grafana", "11", null, "grafana/grafana:11")]
    [InlineData("library/a/b", "docker.io/library/a/b", "latest", null, "library/a/b:latest")]
    [InlineData("localhost/x", "localhost/x", "latest", null, "localhost/x:latest")]
    [InlineData("localhost:5000/x", "localhost:5000/x", "latest", null, "localhost:5000/x:latest")]
    [InlineData("reg:5000/x/y:t", "reg:5000/x/y", "t", null, "reg:5000/x/y:t")]
    [InlineData("[::1]:5000/x", "[::1]:5000/x", "latest", null, "[::1]:5000/x:latest")]
    [InlineData("HOST/x", "HOST/x", "latest", null, "HOST/x:latest")]
    [InlineData("docker://quay.io/a/b", "quay.io/a/b", "latest", null, "quay.io/a/b:latest")]
    [InlineData("a@sha256:" + Hex, "docker.io/library/a", null, "sha256:" + Hex, "a@sha256:" + Hex)]
    [InlineData("reg:5000/x/y:t@sha256:" + Hex, "reg:5000/x/y", "t", "sha256:" + Hex, "reg:5000/x/y:t@sha256:" + Hex)]
    [InlineData("dir:5000/x", "dir:5000/x", "latest", null, "dir:5000/x:latest")]
    [InlineData("a__b.c-d---e_f", "docker.io/library/a__b.c-d---e_f", "latest", null, "a__b.c-d---e_f:latest")]
    public void A_registry_reference_is_read_as_docker_reads_it(string text, string name, string? tag, string? digest, string familiar)
    {
        ImageReference reference = ImageReference.Parse(text);

        reference.ShouldBe(new ImageReference(ImageTransport.Registry, name, tag, digest));
        reference.Familiar.ShouldBe(familiar);
    }

    [Theory]
    [InlineData("oci:/a/b:t", ImageTransport.OciLayout, "/a/b:t")]
    [InlineData("oci-archive:x.tar", ImageTransport.OciArchive, "x.tar")]
    [InlineData("docker-archive:x.tar:a:1", ImageTransport.DockerArchive, "x.tar:a:1")]
    [InlineData("containers-storage:localhost/x", ImageTransport.ContainersStorage, "localhost/x")]
    [InlineData("docker-daemon:x:latest", ImageTransport.DockerDaemon, "x:latest")]
    [InlineData("dir:/tmp/x", ImageTransport.Directory, "/tmp/x")]
    [InlineData("@busybox", ImageTransport.Catalogue, "@busybox")]
    public void Other_transports_keep_what_follows_their_prefix(string text, ImageTransport transport, string name)
    {
        ImageReference reference = ImageReference.Parse(text);

        reference.ShouldBe(new ImageReference(transport, name, null, null));
        reference.Canonical.ShouldBe(text);
        reference.ForSkopeo.ShouldBe(text);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("a b", "it contains a space or a control character")]
    [InlineData("Alpine", "'Alpine' has upper-case letters, and names are lower case")]
    [InlineData("a//b", "a part of its name is empty")]
    [InlineData("a/", "a part of its name is empty")]
    [InlineData("a:", "'' is not a tag (1 to 128 letters, digits, '_', '.' and '-', not first '.' or '-')")]
    [InlineData("a:-x", "'-x' is not a tag (1 to 128 letters, digits, '_', '.' and '-', not first '.' or '-')")]
    [InlineData("a@sha256:12", "'sha256:12' is not a digest (sha256: and 64 lower-case hexadecimal digits)")]
    [InlineData("a..b", "'a..b' is not a name (a-z and 0-9, with single '.', one or two '_' or any '-' between)")]
    [InlineData("a___b", "'a___b' is not a name (a-z and 0-9, with single '.', one or two '_' or any '-' between)")]
    [InlineData("host:port/x", "'host:port' is not a registry's host name and port")]
    [InlineData("host:0/x", "'host:0' is not a registry's host name and port")]
    [InlineData("-h.x/x", "'-h.x' is not a registry's host name and port")]
    [InlineData("oci:", "nothing follows 'oci:'")]
    [InlineData("@", "a catalogue name is '@' and then letters a-z, digits, '-' and '.'")]
    [InlineData("@../x", "a catalogue name is '@' and then letters a-z, digits, '-' and '.'")]
    public void A_wrong_reference_names_the_part_and_the_reason(string text, string reason)
    {
        HearthException error = Should.Throw<HearthException>(() => ImageReference.Parse(text));

        error.Code.ShouldBe("image.reference");
        error.Message.ShouldBe($"'{text}' is not an image reference: {reason}.");
    }

    [Fact]
    public void A_name_that_is_too_long_is_refused() =>
        Should.Throw<HearthException>(() => ImageReference.Parse(new string('a', 300))).Message.ShouldContain("longer than 255");

    [Fact]
    public void A_tag_beside_a_digest_is_not_sent_to_skopeo() =>
        ImageReference.Parse($"a:1@sha256:{Hex}").ForSkopeo.ShouldBe($"docker://docker.io/library/a@sha256:{Hex}");

    [Fact]
    public void What_parses_is_its_own_canonical_form()
    {
        Gen<char> letter = Gen.Elements("abz09./:@-_A[]".ToCharArray());
        Gen<string> text = Gen.ArrayOf(letter).Select(static letters => new string(letters));
        Prop.ForAll(text.ToArbitrary(), static candidate =>
        {
            ImageReference parsed;
            try
            {
                parsed = ImageReference.Parse(candidate);
            }
            catch (HearthException)
            {
                return true;
            }

            return ImageReference.Parse(parsed.Canonical) == parsed && ImageReference.Parse(parsed.Familiar) == parsed;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }
}
