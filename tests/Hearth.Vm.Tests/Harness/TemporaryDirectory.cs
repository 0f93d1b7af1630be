namespace Hearth.Vm.Tests.Harness;

/// <summary>A directory of a test's own, removed with all that is in it however the test ends.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("hearth-vm-test-").FullName;

    /// <summary>A path in it; nothing is made there.</summary>
    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
