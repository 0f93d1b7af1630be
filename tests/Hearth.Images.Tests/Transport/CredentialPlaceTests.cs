using Hearth.Images.Transport;

namespace Hearth.Images.Tests.Transport;

public sealed class CredentialPlaceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-credentials-tests-").FullName;

    public void Dispose()
    {
        File.SetUnixFileMode(Closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(_directory, recursive: true);
    }

    private string Closed => Directory.CreateDirectory(Path.Combine(_directory, "closed")).FullName;

    [Fact]
    public void A_place_that_may_be_looked_into_is_left_as_it_is() =>
        CredentialPlace.Environment(Path.Combine(_directory, "absent", "auth.json"), [_directory]).ShouldBeEmpty();

    [SkippableFact]
    public void One_that_may_not_is_replaced_by_a_directory_of_the_users_own_and_never_by_anothers()
    {
        Skip.If(Environment.IsPrivilegedProcess, "root may look everywhere");
        File.SetUnixFileMode(Closed, UnixFileMode.None);
        string usual = Path.Combine(Closed, "auth.json");

        CredentialPlace.Environment(usual, [Path.Combine(_directory, "absent"), "/", _directory])["XDG_RUNTIME_DIR"].ShouldBe(_directory);
        CredentialPlace.Environment(usual, ["/"])["XDG_RUNTIME_DIR"].ShouldBe("/proc");
    }
}
