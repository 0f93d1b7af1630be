namespace Hearth.Kernel.Tests.Abi;

/// <summary>How the numbers and structures of one C# type are written in C.</summary>
/// <param name="Headers">What to include, in order.</param>
internal sealed record CDescription(params string[] Headers)
{
    /// <summary>C# constant to C expression, where the names differ.</summary>
    public IReadOnlyDictionary<string, string> Constants { get; init; } = new Dictionary<string, string>();

    /// <summary>Put before a constant's name, less its first characters up to an underscore.</summary>
    public string? NumberPrefix { get; init; }

    /// <summary>C# structure to C type.</summary>
    public IReadOnlyDictionary<string, string> Structures { get; init; } = new Dictionary<string, string>();

    /// <summary>A macro without which the installed headers are older than what is described.</summary>
    public string? Newest { get; init; }

    public string ConstantOf(string name) => Constants.GetValueOrDefault(name)
        ?? (NumberPrefix is null ? name : NumberPrefix + name[(name.IndexOf('_', StringComparison.Ordinal) + 1)..]);
}
