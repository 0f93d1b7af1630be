using Hearth.Vm.Tests.Images;

namespace Hearth.Vm.Tests.Networks;

/// <summary>An image with what tests of networks do in a guest and busybox cannot: the C library's resolver, which goes over to TCP, and datagrams of any kind.</summary>
internal static class ToolImage
{
    /// <summary>Says <c>up</c>, then sends each datagram back, whoever it is from.</summary>
    private const string Echo = """
        #!/bin/perl
        socket(S, 2, 2, 17) and bind(S, pack("S n x12", 2, $ARGV[0])) or die "$!\n";
        $| = 1;
        print "up\n";
        while (defined($from = recv(S, $datagram, 65535, 0))) { send(S, $datagram, 0, $from) }

        """;

    /// <summary>Sends a datagram of a length to a struct sockaddr, in hexadecimal, and says what comes back.</summary>
    private const string Ask = """
        #!/bin/perl
        ($family, $to, $bytes) = @ARGV;
        socket(S, $family, 2, 17) or die "$!\n";
        alarm 60;
        $sent = substr("abcdefghijklmnopqrstuvwxyz" x ($bytes / 26 + 1), 0, $bytes);
        defined(send(S, $sent, 0, pack("H*", $to))) or die "$!\n";
        defined(recv(S, $got, 65535, 0)) or die "$!\n";
        print $got eq $sent ? "the same $bytes\n" : "another " . length($got) . "\n";

        """;

    private static readonly Lazy<Task<string>> s_name = new(MakeAsync);

    /// <summary>The name to run it by. Its programs: <c>getent</c>, <c>perl</c>, <c>udp-echo PORT</c>, <c>udp-ask FAMILY SOCKADDR BYTES</c>.</summary>
    public static Task<string> NameAsync() => s_name.Value;

    private static async Task<string> MakeAsync()
    {
        string[] programs = ["/usr/bin/getent", "/usr/bin/perl"];
        using LayerTar tar = new();
        await ProgramImage.AddSystemAsync(tar, "", programs);
        foreach (string program in programs)
        {
            tar.File($"bin/{Path.GetFileName(program)}", await File.ReadAllBytesAsync(program), 0b111_101_101);
        }

        tar.File("bin/udp-echo", System.Text.Encoding.ASCII.GetBytes(Echo), 0b111_101_101);
        tar.File("bin/udp-ask", System.Text.Encoding.ASCII.GetBytes(Ask), 0b111_101_101);
        return await ProgramImage.LoadAsync("tools", """{"Cmd":["/bin/sh"],"Env":["PATH=/bin","LD_LIBRARY_PATH=/lib"]}""", tar);
    }
}
