namespace Hearth.Protocol.Link;

/// <summary>A stream of two directions that end one by one, as those of a TCP connection do. Disposing it before both have ended resets it.</summary>
public interface IHalfClose
{
    /// <summary>Sends end of file to the peer; reading goes on.</summary>
    void CloseWrite();
}
