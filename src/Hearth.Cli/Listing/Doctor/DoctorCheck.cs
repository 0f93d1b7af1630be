namespace Hearth.Cli.Listing.Doctor;

/// <summary>One line of <c>doctor</c>.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Status">The judgement.</param>
/// <param name="Found">What was found: the cause.</param>
/// <param name="Cure">What to do; empty when all is well.</param>
internal sealed record DoctorCheck(string Name, CheckStatus Status, string Found, string Cure = "");
