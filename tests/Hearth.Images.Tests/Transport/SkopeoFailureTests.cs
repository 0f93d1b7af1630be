using Hearth.Core.Errors;
using Hearth.Images.Transport;
using Hearth.Linux.Processes;

namespace Hearth.Images.Tests.Transport;

/// <summary>Lines as skopeo 1.9 printed them.</summary>
public sealed class SkopeoFailureTests
{
    [Theory]
    [InlineData("Error parsing image name \\\"docker://r:5000/no/such:1\\\": reading manifest 1 in r:5000/no/such: manifest unknown: manifest unknown", "image.not-found", "Image 'x' was not found: reading manifest 1 in r:5000/no/such: manifest unknown: manifest unknown.")]
    [InlineData("Error parsing image name \\\"docker://r:5000/a:b\\\": pinging container registry r:5000: Get \\\"http://r:5000/v2/\\\": dial tcp 127.0.0.1:5012: connect: connection refused", "registry.unreachable", "Cannot fetch 'x': registry 'r:5000' does not answer: pinging container registry r:5000: Get \"http://r:5000/v2/\": dial tcp 127.0.0.1:5012: connect: connection refused.")]
    [InlineData("initializing source docker://r/x@sha256:00: reading manifest sha256:00 in r/x: unauthorized: authentication required", "registry.denied", "Cannot fetch 'x': registry 'r:5000' refuses access, or there is no such image: reading manifest sha256:00 in r/x: unauthorized: authentication required.")]
    [InlineData("pinging container registry r:5000: Get \\\"https://r:5000/v2/\\\": http: server gave HTTP response to HTTPS client", "registry.tls", "Cannot fetch 'x': registry 'r:5000' speaks plain HTTP, and HTTPS was expected.")]
    [InlineData("pinging container registry r:5000: Get \\\"https://r:5000/v2/\\\": x509: certificate signed by unknown authority", "registry.tls", "Cannot fetch 'x': the certificate of registry 'r:5000' is not trusted: pinging container registry r:5000: Get \"https://r:5000/v2/\": x509: certificate signed by unknown authority.")]
    [InlineData("writing blob: write /x/oci-put-blob1: no space left on device", "disk.full", "Cannot fetch 'x': the disk is full.")]
    [InlineData("initializing source docker://r:5000/x:1: getting username and password: 1 error occurred:\\n\\t* reading JSON file \\\"/a.json\\\": open /a.json: permission denied\\n\\n", "registry.credentials", "Cannot fetch 'x': the credentials for registry 'r:5000' cannot be read: getting username and password: 1 error occurred: reading JSON file \"/a.json\": open /a.json: permission denied.")]
    [InlineData("something new", "image.transport", "Cannot fetch 'x': something new.")]
    public void Skopeos_words_become_an_error_with_a_code(string said, string code, string message)
    {
        var failure = new ToolFailedException("skopeo", 1, ["Getting image source signatures", $"time=\"2024-01-01T00:00:00Z\" level=fatal msg=\"{said}\""]);

        HearthException error = SkopeoFailure.Translate("x", "r:5000", failure);

        error.Code.ShouldBe(code);
        error.Message.ShouldBe(message);
    }

    [Fact]
    public void An_archive_of_another_user_has_its_cure()
    {
        var failure = new ToolFailedException(
            "skopeo", 1, ["level=fatal msg=\"Error parsing image name \\\"oci-archive:/a.tar\\\": creating temp directory: untarring file \\\"/var/tmp/oci1\\\": chown /var/tmp/oci1/blobs/sha256: operation not permitted\""]);

        HearthException error = SkopeoFailure.Translate("oci-archive:/a.tar", "", failure);

        error.Code.ShouldBe("image.transport");
        error.Message.ShouldBe("Cannot fetch 'oci-archive:/a.tar': creating temp directory: untarring file \"/var/tmp/oci1\": chown /var/tmp/oci1/blobs/sha256: operation not permitted.");
        error.Hint.ShouldBe("The archive's files belong to another user: 'hearth load -i FILE' takes them all the same.");
    }
}
