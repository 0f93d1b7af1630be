namespace Hearth.Networking.Proxy;

/// <summary>What is to be done next with a guest's bytes.</summary>
internal enum InspectionVerdict
{
    /// <summary>Go on.</summary>
    More,

    /// <summary>Nothing goes on until the server's first answer has begun (<see cref="RequestInspector.AnswerBegan"/>).</summary>
    AwaitAnswer,

    /// <summary>The connection ends; <see cref="RequestInspector.Denial"/> says why.</summary>
    Deny,

    /// <summary>All that follows goes on unread.</summary>
    Opaque,
}
