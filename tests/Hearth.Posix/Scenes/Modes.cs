namespace Hearth.Posix.Scenes;

/// <summary>Modes as people write them; C# has no octal literals.</summary>
internal static class Modes
{
    /// <summary>The number whose octal digits are the decimal digits of <paramref name="digits"/>: <c>Octal(755)</c> is rwxr-xr-x.</summary>
    public static uint Octal(int digits)
    {
        uint value = 0;
        for (int scale = 1; digits > 0; digits /= 10, scale *= 8)
        {
            value += (uint)(digits % 10 * scale);
        }
        return value;
    }

    /// <summary>A mode for a reader.</summary>
    public static string Show(uint mode) => "0" + Convert.ToString(mode, 8);
}
