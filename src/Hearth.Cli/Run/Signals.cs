using Hearth.Core.Errors;
using Hearth.Core.Naming;

namespace Hearth.Cli.Run;

/// <summary>Signals on the command line.</summary>
internal static class Signals
{
    /// <summary>The one spelling that goes into specs and requests: <c>SIGTERM</c>.</summary>
    /// <exception cref="HearthException"><c>signal.unknown</c>.</exception>
    public static string Require(string text) => SignalName.TryParse(text, out int number)
        ? SignalName.Of(number)
        : throw new HearthException("signal.unknown", $"Unknown signal: {text}", "Use a name such as SIGTERM or HUP, or a number from 1 to 64.");
}
