using System.Buffers.Binary;
using Hearth.Agent.Containers;

namespace Hearth.Agent.Tests.Containers;

public sealed class ExpectedProgramsTests
{
    [Theory]
    [InlineData("#!/bin/sh\necho", "/bin/sh")]
    [InlineData("#! /usr/bin/env -S python3 -u\n", "/usr/bin/env")]
    [InlineData("#!/bin/sh", "/bin/sh")]
    [InlineData("#!\n", null)]
    [InlineData("echo", null)]
    [InlineData("", null)]
    public void A_script_names_its_interpreter(string start, string? interpreter) =>
        ExpectedPrograms.Interpreter(System.Text.Encoding.UTF8.GetBytes(start)).ShouldBe(interpreter);

    [Fact]
    public void A_dynamic_program_names_its_loader() =>
        ExpectedPrograms.Interpreter(Elf("/lib64/ld-linux-x86-64.so.2")).ShouldBe("/lib64/ld-linux-x86-64.so.2");

    [Fact]
    public void A_static_program_names_none()
    {
        byte[] elf = Elf("/lib64/ld.so");
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(64), 1);
        ExpectedPrograms.Interpreter(elf).ShouldBeNull();
    }

    [Fact]
    public void This_test_host_has_the_loader_that_the_kernel_used() =>
        ExpectedPrograms.Interpreter(File.ReadAllBytes("/bin/sh")).ShouldStartWith("/lib");

    [Fact]
    public void A_program_that_lies_about_its_headers_names_none_or_some_and_never_fails()
    {
        Random random = new(7);
        byte[] whole = Elf("/lib/ld.so");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] elf = [.. whole];
            for (int lies = random.Next(1, 5); lies > 0; lies--)
            {
                int at = random.Next(32, elf.Length - 8);
                BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(at), random.Next(3) == 0 ? ulong.MaxValue - (ulong)random.Next(100) : (ulong)random.Next(300));
            }

            _ = ExpectedPrograms.Interpreter(elf.AsSpan(0, random.Next(elf.Length + 1)));
        }
    }

    /// <summary>elf(5): a 64-bit header, one program header of type PT_INTERP, and what it points to.</summary>
    private static byte[] Elf(string loader)
    {
        byte[] elf = new byte[64 + 56 + loader.Length + 1];
        "\u007fELF"u8.CopyTo(elf);
        elf[4] = 2;
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(64), 3);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(64 + 8), 64 + 56);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(64 + 32), (ulong)loader.Length + 1);
        System.Text.Encoding.UTF8.GetBytes(loader).CopyTo(elf, 64 + 56);
        return elf;
    }
}
