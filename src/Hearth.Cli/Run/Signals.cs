using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Naming;

namespace Hearth.Cli.Run;

/// <summary>Signals on the command line.</summary>
internal static class Signals
{
    private const int LastNamed = 31;

    /// <summary>The one spelling that goes into specs and requests: <c>SIGTERM</c>; a real-time signal's number.</summary>
    /// <exception cref="HearthException"><c>signal.unknown</c>.</exception>
    public static string Require(string text) => SignalName.TryParse(text, out int number)
        ? number <= LastNamed ? SignalName.Of(number) : number.ToString(CultureInfo.InvariantCulture)
        : throw new HearthException("signal.unknown", $"Unknown signal: {text}", "Use a name such as SIGTERM or HUP, or a number from 1 to 64.");
}
