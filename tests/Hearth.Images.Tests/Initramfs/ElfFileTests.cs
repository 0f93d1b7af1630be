using FsCheck;
using FsCheck.Fluent;
using Hearth.Images.Initramfs;

namespace Hearth.Images.Tests.Initramfs;

public sealed class ElfFileTests
{
    [Fact]
    public void A_dynamic_program_names_its_loader_and_libraries_in_order()
    {
        ElfFile elf = ElfFile.Parse(ElfBuilder.Program("/lib64/ld.so", "libm.so.6", "libc.so.6"));

        elf.ReadInterpreter().ShouldBe("/lib64/ld.so");
        elf.ReadNeeded().ShouldBe(["libm.so.6", "libc.so.6"]);
        elf.Machine.ShouldBe((ushort)62);
    }

    [Fact]
    public void A_static_program_needs_nothing()
    {
        ElfFile elf = ElfFile.Parse(ElfBuilder.Program(null));

        elf.ReadInterpreter().ShouldBeNull();
        elf.ReadNeeded().ShouldBeEmpty();
    }

    [Fact]
    public void A_section_is_found_by_name_and_a_missing_one_is_empty()
    {
        ElfFile elf = ElfFile.Parse(ElfBuilder.Module("license=GPL\0depends=virtio,virtio_ring\0"));

        elf.ReadSection(".modinfo").ToArray().ShouldBe("license=GPL\0depends=virtio,virtio_ring\0"u8.ToArray());
        elf.ReadSection(".text").ToArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(4096)]
    public void What_is_no_ELF_file_is_refused(int length) =>
        Should.Throw<InvalidDataException>(() => ElfFile.Parse(new byte[length])).Message.ShouldBe("it is not a 64-bit little-endian ELF file");

    [Fact]
    public void Damage_anywhere_is_read_or_refused_and_never_more() =>
        Prop.ForAll(
            Gen.Choose(5, 1400).ToArbitrary(),
            ArbMap.Default.GeneratorFor<ulong>().ToArbitrary(),
            Gen.Elements(true, false).ToArbitrary(),
            (at, noise, program) =>
            {
                byte[] file = program ? ElfBuilder.Program("/lib64/ld.so", "libc.so.6") : ElfBuilder.Module("depends=a\0");
                BitConverter.TryWriteBytes(file.AsSpan(at), noise * 0x9E3779B97F4A7C15);
                try
                {
                    ElfFile elf = ElfFile.Parse(file);
                    elf.ReadInterpreter();
                    elf.ReadNeeded();
                    elf.ReadSection(".modinfo");
                }
                catch (InvalidDataException)
                {
                    return true;
                }

                return true;
            }).QuickCheckThrowOnFailure();
}
