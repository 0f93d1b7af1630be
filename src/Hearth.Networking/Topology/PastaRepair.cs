using Hearth.Core.Errors;
using Hearth.Linux.Namespaces;
using Hearth.Networking.Rules;

namespace Hearth.Networking.Topology;

/// <summary>
/// pasta of 2023 refuses a connection with a reset that has an acknowledgement number and not the ACK flag. RFC 9293 (3.10.7.3) has who opens a connection
/// drop that: a guest would ask again for two minutes instead of being told "connection refused". The namespace sets the flag, which is
/// right for any reset that has a number. It takes nft(8); without that refusals stay slow, and nothing else is wrong.
/// </summary>
internal static class PastaRepair
{
    private const string Rules = $$"""
        table inet hearth_uplink {
            chain refusals {
                type filter hook forward priority mangle; policy accept;
                iifname "{{Pasta.Interface}}" tcp flags & (rst | ack) == rst tcp flags set rst | ack
            }
        }

        """;

    /// <summary>Why it is not done, as the end of a sentence; null when it is.</summary>
    public static async Task<string?> TryApplyAsync(NetworkNamespace space, CancellationToken cancellationToken)
    {
        try
        {
            await NftProgram.ApplyAsync(space, Rules, cancellationToken);
            return null;
        }
        catch (HearthException e)
        {
            return e.Message;
        }
    }
}
