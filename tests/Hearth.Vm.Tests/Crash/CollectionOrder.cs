using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Hearth.Vm.Tests.Crash.CollectionOrder", "Hearth.Vm.Tests")]

namespace Hearth.Vm.Tests.Crash;

/// <summary>By name, so that among the collections that run alone (and after the parallel ones) the search for leaks is the last.</summary>
public sealed class CollectionOrder : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(static collection => collection.DisplayName, StringComparer.Ordinal);
}
