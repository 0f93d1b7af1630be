namespace Hearth.Images.Initramfs;

/// <summary>Kernel modules that the agent loads, by name; what they depend on is added, what is built in is left out.</summary>
/// <param name="Boot">Loaded before the container starts: each costs a few milliseconds of every boot under emulation.</param>
/// <param name="Later">There for who needs them; loaded after the container started, or on demand.</param>
public sealed record ModuleSelection(IReadOnlyList<string> Boot, IReadOnlyList<string> Later)
{
    /// <summary>Devices and file systems of every VM. <c>virtio_mmio</c> comes before the drivers of what it finds.</summary>
    public static ModuleSelection Default { get; } = new(
        ["virtio_ring", "virtio", "virtio_mmio", "virtio_console", "virtio_blk", "virtio_rng", "squashfs", "erofs", "ext4", "overlay"],
        ["virtio_net", "fuse", "virtio_balloon", "vmw_vsock_virtio_transport", "tcp_diag", "binfmt_misc"]);
}
