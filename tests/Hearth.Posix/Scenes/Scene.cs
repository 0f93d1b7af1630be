using System.Runtime.CompilerServices;

namespace Hearth.Posix.Scenes;

/// <summary>A running case: assertions. Each one counts, and says the call as it is written in the source.</summary>
internal sealed partial class Scene(string name, string directory, PosixOptions options, Tally tally) : IDisposable
{
    private string _label = "";

    /// <summary>The working directory of the case as absolute byte string.</summary>
    public string Directory => directory;

    public PosixOptions Options => options;

    /// <summary>Names the row of a table that the assertions from here on are about.</summary>
    public void At(string label) => _label = $" [{label}]";

    /// <summary>The call succeeds. Answers whether it did.</summary>
    public bool Ok(long result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        Count(result >= 0, call, "success", Errno.Describe(result));
        return result >= 0;
    }

    /// <summary>The call succeeds, and the rest of the case cannot be run if it does not. Answers its result.</summary>
    public long Must(long result, [CallerArgumentExpression(nameof(result))] string call = "") =>
        Ok(result, call) ? result : throw new AbortException();

    /// <summary>The call fails with this error.</summary>
    public void Fails(int errno, long result, [CallerArgumentExpression(nameof(result))] string call = "") =>
        Count(result == -errno, call, Errno.Describe(-errno), Errno.Describe(result));

    /// <summary>The call fails with one of two errors, where POSIX leaves it open.</summary>
    public void Fails(int errno, int other, long result, [CallerArgumentExpression(nameof(result))] string call = "") =>
        Count(result == -errno || result == -other, call, $"{Errno.Describe(-errno)} or {Errno.Describe(-other)}", Errno.Describe(result));

    /// <summary>The call succeeds when <paramref name="errno"/> is 0, and fails with it otherwise.</summary>
    public void Gives(int errno, long result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (errno == 0)
        {
            _ = Ok(result, call);
            return;
        }
        Fails(errno, result, call);
    }

    public void Equal<T>(T expected, T seen, [CallerArgumentExpression(nameof(seen))] string what = "")
        where T : IEquatable<T> =>
        Count(expected.Equals(seen), what, $"{expected}", $"{seen}");

    public void Mode(int octal, uint seen, [CallerArgumentExpression(nameof(seen))] string what = "") =>
        Count(Modes.Octal(octal) == seen, what, Modes.Show(Modes.Octal(octal)), Modes.Show(seen));

    public void That(bool holds, [CallerArgumentExpression(nameof(holds))] string what = "") => Count(holds, what, "true", "false");

    public void Later(Timestamp before, Timestamp after, [CallerArgumentExpression(nameof(after))] string what = "") =>
        Count(after > before, what, $"later than {before}", after.ToString());

    /// <summary>Ends the case here: what comes cannot be run on this file system.</summary>
    public static void Skip(string reason) => throw new SkipException(reason);

    /// <summary>Ends the case here when the call says that the file system has no such operation.</summary>
    public static void SkipUnless(long result, string feature)
    {
        if (result is -Errno.EOPNOTSUPP or -Errno.ENOSYS or -Errno.ENOTTY)
        {
            Skip($"no {feature} here ({Errno.Describe(result)})");
        }
    }

    private void Count(bool holds, string what, string expected, string seen)
    {
        if (holds)
        {
            tally.Pass();
            return;
        }
        tally.Fail(new PosixFailure(name, what + _label, expected, seen));
    }
}
