using System.Text;
using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Networking.Rules;

// nft(8) reads a whole transaction from its standard input, and the kernel takes it or leaves it. The child goes into the namespaces before it
// becomes nft: who made a user namespace is root in it, so no privilege is needed. Two pipes: the text goes in; what nft complains of comes out,
// after it has read all of the text, and the end of that is nft's end. Both are waited for on a thread of their own: those of the pool are few
// at a start, and the pool takes a second to find that all of them wait.

/// <summary>Runs <c>nft -f -</c> inside a network namespace, or in this process's own.</summary>
internal static class NftProgram
{
    public const string Program = "nft";

    private const int KillSignal = 9;

    /// <summary>EMSGSIZE of a message that the socket's buffer does not hold.</summary>
    private const string TooLarge = "Message too long";

    /// <summary>A transaction takes 10 ms, one of thousands of rules some hundred.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>Where it is.</summary>
    /// <param name="find">Looks a program up; null when there is none.</param>
    /// <exception cref="HearthException"><c>egress.nft-missing</c>.</exception>
    public static string Require(Func<string, string?> find) => find(Program) ?? throw new HearthException(
        "egress.nft-missing", "nft, which enforces what a VM may reach, is not installed.", "Install the package nftables, or leave --egress, --allow and --deny out.");

    /// <summary>Applies one transaction, whole or not at all.</summary>
    /// <exception cref="HearthException"><c>egress.nft-missing</c>, <c>egress.nft-failed</c>.</exception>
    /// <param name="space">Where; null is the caller's own, which needs privilege.</param>
    /// <param name="text">What nft reads.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task ApplyAsync(NetworkNamespace? space, string text, CancellationToken cancellationToken)
    {
        string program = Require(ToolProcess.Find);
        Running nft;
        try
        {
            nft = await SpawnThread.RunAsync(() => Launch(program, space));
        }
        catch (Exception e) when (e is ChildProgramException or ErrnoException)
        {
            throw Failed(e.Message, e);
        }

        using (nft)
        {
            bool late = false;
            string said;
            using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bound.CancelAfter(s_timeout);
            await using (bound.Token.Register(() => late = Children.Signal(nft.Process.Pid, KillSignal)))
            {
                said = await Task.Factory.StartNew(() => Converse(nft, text), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            Children.Wait(nft.Process.Pid, out ChildStatus status);
            cancellationToken.ThrowIfCancellationRequested();
            if (status.ExitCode != 0)
            {
                throw said.Contains(TooLarge, StringComparison.Ordinal)
                    ? new HearthException("egress.rules-many", "The rules of networks are more than the kernel takes at once.", "Name wider networks, or fewer kinds of ports; rules of domains, and those with /tcp, need no room there.")
                    : Failed(late ? $"it did not end within {s_timeout.TotalSeconds:0} s" : said.Length > 0 ? said : $"exit code {status.ExitCode}", null);
            }
        }
    }

    private static Running Launch(string program, NetworkNamespace? space)
    {
        (SafeFileHandle inputRead, SafeFileHandle inputWrite) = Descriptors.Pipe();
        (SafeFileHandle errorRead, SafeFileHandle errorWrite) = Descriptors.Pipe();
        using (inputRead)
        using (errorWrite)
        {
            try
            {
                using ChildProgram child = new();
                if (space?.UserHandle is { } users)
                {
                    child.EnterUserNamespace(users);
                }

                if (space is not null)
                {
                    child.EnterNetworkNamespace(space.Handle);
                }

                child.DieWithParent();
                child.NewSession();
                child.CloseOthersOnExec();
                child.OpenAsZero("/dev/null", write: true);
                child.Duplicate(0, 1);
                child.Duplicate(Number(errorWrite), 2);
                child.Duplicate(Number(inputRead), 0);
                child.ResetSignals();
                child.Execute([program], [Program, "-f", "-"], []);
                return new Running(child.Launch(new LaunchOptions()), new DescriptorStream(inputWrite), new DescriptorStream(errorRead));
            }
            catch
            {
                inputWrite.Dispose();
                errorRead.Dispose();
                throw;
            }
        }
    }

    private static string Converse(Running nft, string text)
    {
        Feed(nft.Input, text);
        return ReadAll(nft.Errors);
    }

    private static void Feed(DescriptorStream input, string text)
    {
        try
        {
            input.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (ErrnoException)
        {
            // It ended before it had read all: its exit code and words say why.
        }
        finally
        {
            input.Dispose();
        }
    }

    private static string ReadAll(DescriptorStream errors)
    {
        using StreamReader reader = new(errors, Encoding.UTF8, false, 512, leaveOpen: true);
        string all = reader.ReadToEnd().Trim();
        const int Most = 1000; // Of a rule set that the kernel does not know it repeats every line.
        return all.Length <= Most ? all : all[..Most] + "…";
    }

    private static HearthException Failed(string why, Exception? inner) => new(
        "egress.nft-failed",
        $"nft, which enforces what a VM may reach, failed: {why}",
        "The kernel needs nf_tables with conntrack, NAT, reject and the netdev family (modules nf_tables, nft_ct, nft_nat, nft_redir, nft_reject_inet); nothing leaves the VM without the rules.",
        inner: inner);

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private sealed record Running(ChildProcess Process, DescriptorStream Input, DescriptorStream Errors) : IDisposable
    {
        public void Dispose()
        {
            Process.Handle.Dispose();
            Input.Dispose();
            Errors.Dispose();
        }
    }
}
