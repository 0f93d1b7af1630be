namespace Hearth.Networking.Proxy;

/// <summary>What became of the bytes that a guest sent.</summary>
/// <param name="Pass">How many of them, from the first, may go on. The rest is shown again with what follows it.</param>
/// <param name="Verdict">What is to be done next.</param>
internal readonly record struct Inspection(int Pass, InspectionVerdict Verdict = InspectionVerdict.More);
