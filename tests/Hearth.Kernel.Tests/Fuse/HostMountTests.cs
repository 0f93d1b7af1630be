using Hearth.Kernel.Tests.ChildPrograms;

namespace Hearth.Kernel.Tests.Fuse;

/// <summary>Ordinary programs on a tree that is served to this host's kernel.</summary>
public sealed class HostMountTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("hearth-fuse-").FullName;

    public HostMountTests() => Directory.CreateDirectory(Source);

    private string Source => Path.Combine(_home, "source");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [SkippableTheory]
    [InlineData("write and read", "echo hello > a && cat a && echo more >> a && cat a && wc -c < a", "hello\nhello\nmore\n11\n")]
    [InlineData("tree", "mkdir -p x/y/z && echo 1 > x/y/z/f && mv x/y w && cat w/z/f && rm -r x w && ls", "1\n")]
    [InlineData("links", "echo 1 > a && ln a b && [ \"$(stat -c %i a)\" = \"$(stat -c %i b)\" ] && ln -s a c && readlink c && cat c && stat -c %h a", "a\n1\n2\n")]
    [InlineData("open and removed", "exec 3<>a && echo 5 >&3 && rm a && echo 6 >&3 && cat /proc/self/fd/3", "5\n6\n")]
    [InlineData("modes", "umask 027 && mkdir d && echo > f && stat -c %a d f && chmod 4755 f && stat -c %a f && chown 1:2 f && stat -c '%u %g %a' f", "750\n640\n4755\n1 2 755\n")]
    [InlineData("times", "touch -d @5 a && stat -c %Y a && touch -h -d @6 a && stat -c %Y a", "5\n6\n")]
    [InlineData("attributes", "echo > a && setfattr -n user.x -v 7 a && getfattr --only-values -n user.x a && setfattr -x user.x a && getfattr a", "7")]
    [InlineData("archive", "mkdir s && for i in $(seq 300); do echo $i > s/$i; done && tar cf t.tar s && mkdir o && tar xf t.tar -C o && diff -r s o/s && ls o/s | wc -l", "300\n")]
    [InlineData("sparse", "truncate -s 5G big && stat -c '%s %b' big && printf x | dd of=big bs=1 seek=4500000000 conv=notrunc status=none && dd if=big bs=1 skip=4500000000 count=1 status=none", "5368709120 0\nx")]
    [InlineData("repository", "git init -q r && cd r && echo 1 > f && git add f && git -c user.name=a -c user.email=b commit -qm m && git status --porcelain && git fsck 2>/dev/null && cat f", "1\n")]
    [InlineData("pipe", "mkfifo p && (echo through > p &) && cat p", "through\n")]
    public void Programs_find_what_they_expect(string subject, string script, string expected)
    {
        Skip.IfNot(HostMount.Obstacle() is null, HostMount.Obstacle());
        using HostMount mount = new(Source, Path.Combine(_home, "target"));

        (string output, Linux.Processes.ChildStatus status) = Child.Shell($"cd {mount.Target} && {script}");

        output.ShouldBe(expected.TrimEnd(), subject);
        status.ExitCode.ShouldBe(0, subject);
    }
}
