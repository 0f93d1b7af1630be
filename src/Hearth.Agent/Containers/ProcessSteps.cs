using Hearth.Agent.Processes;
using Hearth.Linux.ChildPrograms;

namespace Hearth.Agent.Containers;

/// <summary>The last steps of every process, in the order that each leaves the next one its privilege.</summary>
internal static class ProcessSteps
{
    private const Tolerate TryNext = Tolerate.Missing | Tolerate.NotDirectory | Tolerate.Denied;

    public static void Add(ChildProgram program, StandardStreams streams, ProcessIdentitySteps identity, string workingDirectory)
    {
        streams.AddSteps(program, identity.User.User, "/dev/pts");
        ResourceLimits.AddSteps(program, identity.Limits);
        program.ChangeDirectory(workingDirectory);
        program.BoundCapabilities(identity.Capabilities.Bits, CapabilitySet.Last);
        program.SetIdentity(identity.User.User, identity.User.Group, identity.User.Groups);
        if (identity.User.User == 0)
        {
            // Another user has none left after setresuid; root's are cut down to the set.
            program.SetCapabilities(identity.Capabilities.Bits);
        }
    }

    public static void AddProgram(ChildProgram program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        program.ResetSignals();
        program.Execute(ProgramSearch.Candidates(arguments[0], environment), arguments, environment, TryNext);
    }
}
