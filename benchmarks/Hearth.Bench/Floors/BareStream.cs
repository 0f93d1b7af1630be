using Hearth.Bench.Measurement;

namespace Hearth.Bench.Floors;

/// <summary>
/// The floors of output: the same kernel, the same modules, and busybox programs that write zeros to the port. No agent,
/// no frames; the host reads the socket.
/// </summary>
internal static class BareStream
{
    /// <summary>A program's output, a pipe, copied to the port by another: what any agent has to do at least.</summary>
    public static string Copy(int blocks) => $"busybox dd if=/dev/zero bs=64k count={blocks} | busybox cat >$port";

    /// <summary>One program that holds the port itself.</summary>
    public static string Direct(int blocks) => $"busybox dd if=/dev/zero of=$port bs=64k count={blocks}";

    /// <summary>Modules as the agent loads them; the port by its name, which it has from sysfs once the driver found it.</summary>
    private const string InitTemplate = """
        #!/bin/busybox sh
        export PATH=/bin
        mount -t proc proc /proc
        mount -t sysfs sysfs /sys
        mount -t devtmpfs dev /dev
        for module in $(cat /lib/hearth/modules.list); do busybox insmod /lib/hearth/modules/$module; done
        port=
        while [ -z "$port" ]; do
            for entry in /sys/class/virtio-ports/*; do
                [ "$(cat $entry/name)" = org.hearth.link ] && port=/dev/${entry##*/}
            done
        done
        @WRITE@
        echo 'stream: done' >/dev/console
        while :; do sleep 60; done

        """;

    public static void WriteInitramfs(MachineTemplate template, string path, string write) =>
        CpioOverlay.Write(template.Initramfs, path, InitTemplate.Replace("@WRITE@", write, StringComparison.Ordinal));

    /// <summary>Boots it and takes the rate.</summary>
    /// <returns>Millions of bytes a second, from the first byte to the last.</returns>
    public static async Task<double> MeasureAsync(MachineTemplate template, string initramfs, long bytes)
    {
        using BareMachine machine = await BareMachine.StartAsync(template, initramfs);
        return await StreamRate.MeasureAsync(machine.Link, bytes);
    }
}
