namespace Hearth.Images.References;

/// <summary>Where a reference points: a registry, the built-in catalogue, or one of skopeo's other transports (skopeo(1), "Image names").</summary>
public enum ImageTransport
{
    /// <summary>A registry, <c>docker://</c> or no prefix at all.</summary>
    Registry,

    /// <summary><c>@name</c>: a recipe built on this machine.</summary>
    Catalogue,

    /// <summary><c>oci:path[:tag]</c>.</summary>
    OciLayout,

    /// <summary><c>oci-archive:path[:tag]</c>.</summary>
    OciArchive,

    /// <summary><c>docker-archive:path[:reference]</c>.</summary>
    DockerArchive,

    /// <summary><c>containers-storage:reference</c>: what podman and buildah hold.</summary>
    ContainersStorage,

    /// <summary><c>docker-daemon:reference</c>.</summary>
    DockerDaemon,

    /// <summary><c>dir:path</c>.</summary>
    Directory,
}
