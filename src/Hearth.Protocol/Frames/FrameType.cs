namespace Hearth.Protocol.Frames;

/// <summary>
/// What a session frame says; the same frames go between client and supervisor and between supervisor and agent, so that
/// the supervisor can pass them on unread. Values are on the wire and may only grow.
/// </summary>
public enum FrameType : byte
{
    /// <summary>First frame of a session: JSON of the request.</summary>
    Request = 1,

    /// <summary>The answer: JSON.</summary>
    Reply = 2,

    /// <summary>The request failed and the session is over: JSON of <see cref="ErrorMessage"/>.</summary>
    Error = 3,

    /// <summary>The process runs: JSON of <see cref="StartedMessage"/>.</summary>
    Started = 4,

    Stdin = 5,

    /// <summary>End of standard input; no payload.</summary>
    StdinEof = 6,

    Stdout = 7,

    Stderr = 8,

    /// <summary>New terminal size: u16 rows, u16 columns, little endian.</summary>
    Resize = 9,

    /// <summary>Deliver a signal to the session's process: u8 number.</summary>
    Signal = 10,

    /// <summary>The process has ended and all its output was sent: JSON of <see cref="ExitMessage"/>. The session is over.</summary>
    Exit = 11,

    /// <summary>Something happened: JSON.</summary>
    Event = 12,
}
