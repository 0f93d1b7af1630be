using System.Buffers.Binary;

namespace Hearth.Core.Hashing;

/// <summary>The kernel's random numbers (random(4)). System.Security.Cryptography loads OpenSSL for the same; see <see cref="Sha256"/>.</summary>
public static class SystemRandom
{
    private const string Device = "/dev/urandom";

    public static byte[] GetBytes(int count)
    {
        byte[] bytes = new byte[count];
        using FileStream device = new(Device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        device.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Of 0 to one less than the bound, all alike but for one in four billion.</summary>
    public static int GetInt32(int bound) => (int)(BinaryPrimitives.ReadUInt64LittleEndian(GetBytes(sizeof(ulong))) % (ulong)bound);
}
