using Hearth.Core.Specs;

namespace Hearth.Engine.Supervision;

/// <summary>The shared files that a VM starts from.</summary>
/// <param name="KernelPath">Uncompressed ELF.</param>
/// <param name="InitramfsPath">With the agent in it.</param>
/// <param name="RootPath">The image's read-only block image.</param>
/// <param name="RootFileSystem">Its type.</param>
/// <param name="ImageConfig">What the image says of its process.</param>
internal sealed record VmAssets(string KernelPath, string InitramfsPath, string RootPath, string RootFileSystem, OciImageConfig ImageConfig);
