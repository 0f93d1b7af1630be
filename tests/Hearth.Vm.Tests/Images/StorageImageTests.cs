using Hearth.Images.Tests.Transport;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>An image that podman or buildah has here, run from their store.</summary>
public sealed class StorageImageTests
{
    [SkippableFact]
    public async Task An_image_in_podmans_store_is_pulled_by_run_and_has_its_name_from_then_on()
    {
        string source = (await ProbeImage.CurrentAsync()).Reference;
        string directory = Directory.CreateTempSubdirectory("hearth-storage-").FullName;
        string name = $"localhost/storage/{TestRun.Current.NewName()}:1";

        // vfs needs no kernel feature; the brackets say which store (containers-transports(5)).
        string reference = $"containers-storage:[vfs@{directory}/root+{directory}/run]{name}";
        try
        {
            (await HearthCommand.SkopeoAsync("copy", "--quiet", "--src-tls-verify=false", $"docker://{source}", reference)).Succeeded();

            (await HearthCommand.RunAsync("run", "--rm", reference)).Succeeded().Lines[..2].ShouldBe(["entry from-cmd", "worker"]);
        }
        finally
        {
            PodmanStore.Remove(directory);
        }

        (await HearthCommand.RunAsync("run", "--rm", "--pull", "never", name, "again")).Succeeded().Lines[0].ShouldBe("entry again");
        (await HearthCommand.RunAsync("rmi", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Without_a_docker_daemon_run_says_so()
    {
        TestRun.NeedProgram("skopeo");
        Skip.If(File.Exists("/var/run/docker.sock"), "a Docker daemon runs here");

        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "docker-daemon:alpine:3", "true");

        outcome.Ended(125).Error.ShouldContain("hearth: Cannot fetch 'docker-daemon:alpine:3': the Docker daemon does not answer: ");
        outcome.Error.ShouldContain("'docker save'");
    }
}
