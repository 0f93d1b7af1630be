using Hearth.Core.Errors;
using Hearth.Core.Hashing;

namespace Hearth.Cli.Run;

/// <summary>Makes up names for VMs that were given none: two words, and digits once words alone collide.</summary>
internal static class RandomName
{
    /// <summary>Collisions before digits are added; with them one in a million of VMs collides.</summary>
    private const int PlainAttempts = 4;
    private const int Attempts = 16;

    private static readonly string[] s_first =
    [
        "amber", "ashen", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "copper", "cosy", "crisp", "dapper", "deft", "eager", "early",
        "fair", "fleet", "fond", "gentle", "gilded", "glad", "golden", "grand", "hardy", "hazel", "honest", "humble", "ivory", "jolly", "keen", "kind",
        "light", "lively", "lucid", "lucky", "mellow", "merry", "mild", "modest", "neat", "nimble", "noble", "patient", "placid", "plucky", "polite", "proud",
        "quick", "quiet", "rapid", "ready", "robust", "rosy", "ruddy", "rustic", "serene", "sharp", "silent", "silver", "smooth", "solid", "spry", "steady",
        "stout", "sunny", "swift", "tidy", "trusty", "upbeat", "valiant", "vivid", "warm", "wise", "witty", "zesty",
    ];

    private static readonly string[] s_second =
    [
        "acorn", "anvil", "aspen", "badger", "beacon", "beech", "birch", "bison", "brook", "candle", "cedar", "cinder", "clover", "comet", "coral", "crane",
        "delta", "dune", "eagle", "elm", "ember", "falcon", "fern", "finch", "fjord", "flint", "forge", "fox", "glade", "grove", "harbor", "hare",
        "hawk", "heron", "hill", "ibis", "iris", "jay", "juniper", "kestrel", "kettle", "lake", "lantern", "lark", "linden", "lynx", "maple", "marten",
        "meadow", "moss", "oak", "orchid", "osprey", "otter", "owl", "pebble", "pine", "plover", "pond", "poplar", "quail", "raven", "reed", "river",
        "robin", "sage", "sparrow", "spruce", "stone", "stork", "swan", "thrush", "tulip", "vale", "willow", "wren",
    ];

    public static string Next(bool digits)
    {
        string words = $"{s_first[SystemRandom.GetInt32(s_first.Length)]}-{s_second[SystemRandom.GetInt32(s_second.Length)]}";
        return digits ? $"{words}-{SystemRandom.GetInt32(1000)}" : words;
    }

    /// <summary>Calls <paramref name="create"/> with one name after the other until one is free.</summary>
    public static T Claim<T>(Func<string, T> create)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return create(Next(digits: attempt > PlainAttempts));
            }
            catch (HearthException e) when (e.Code == "name.in-use" && attempt < Attempts)
            {
                // Another VM has it: the next one.
            }
        }
    }
}
