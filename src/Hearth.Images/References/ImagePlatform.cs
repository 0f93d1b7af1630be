using System.Runtime.InteropServices;
using Hearth.Core.Errors;

namespace Hearth.Images.References;

/// <summary>An operating system and CPU, as the OCI image specification names them: <c>linux/amd64</c>, <c>linux/arm64/v8</c>.</summary>
public sealed record ImagePlatform(string Os, string Architecture, string? Variant)
{
    /// <summary>This machine's.</summary>
    public static ImagePlatform Host { get; } = new("linux", HostArchitecture(), null);

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    /// <summary>Reads <c>os/arch[/variant]</c>, or <c>arch</c> alone.</summary>
    /// <exception cref="HearthException"><c>image.platform</c>: not a platform, or one that this machine's CPU does not run.</exception>
    public static ImagePlatform Parse(string text)
    {
        string[] parts = text.ToLowerInvariant().Split('/');
        if (parts.Length > 3 || parts.Any(static part => part.Length == 0 || !part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')))
        {
            throw new HearthException("image.platform", $"'{text}' is not a platform.", $"Write it as os/architecture[/variant]: {Host}.");
        }

        ImagePlatform platform = parts.Length == 1
            ? new ImagePlatform("linux", Normal(parts[0]), null)
            : new ImagePlatform(parts[0], Normal(parts[1]), parts.Length == 3 ? parts[2] : null);
        return platform.RunsHere ? platform : throw new HearthException(
            "image.platform",
            $"Images for {platform} do not run on this machine: its CPU is {Host.Architecture}, and guests run Linux.",
            $"Leave --platform out, or use --platform {Host}.");
    }

    /// <summary>Whether a guest on this machine runs programs for the platform: the same CPU, or its 32-bit predecessor.</summary>
    public bool RunsHere => Os == "linux"
        && (Architecture == Host.Architecture || (Architecture, Host.Architecture) is ("386", "amd64") or ("arm", "arm64"));

    /// <summary>Whether an image for <paramref name="other"/> is what is asked for; arm64 and arm64/v8 are one.</summary>
    public bool Accepts(ImagePlatform other) =>
        Os == other.Os && Architecture == other.Architecture
        && (Variant is null || other.Variant is null || Variant == other.Variant);

    private static string HostArchitecture() => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture other => other.ToString().ToLowerInvariant(),
    };

    private static string Normal(string architecture) => architecture switch
    {
        "x86_64" or "x86-64" => "amd64",
        "aarch64" => "arm64",
        "i386" or "i686" or "x86" => "386",
        _ => architecture,
    };
}
