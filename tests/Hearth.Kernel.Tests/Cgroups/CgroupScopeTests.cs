using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Kernel.Tests.ChildPrograms;
using Hearth.Linux.Cgroups;
using Hearth.Linux.Processes;

namespace Hearth.Kernel.Tests.Cgroups;

public sealed class CgroupScopeTests
{
    private const long MemoryMax = 300L << 20;

    private static readonly VmLimits s_all = new() { NoSwap = true, MemoryMaxBytes = MemoryMax, CpuWeight = 250, PidsMax = 40 };

    private static string NewName => $"test-{Guid.NewGuid():N}";

    [SkippableFact]
    public void Limits_are_in_force_before_a_process_joins_and_are_gone_with_the_group()
    {
        Child.RequireRoot();
        using CgroupScope scope = CreateOrSkip(s_all);
        using Process sleeper = Process.Start(new ProcessStartInfo("sleep", "1000"))!;
        try
        {
            Read(scope, "memory.max", "memory.limit_in_bytes").ShouldBe("314572800");
            Read(scope, "memory.swap.max", "memory.swappiness").ShouldBe("0");
            Read(scope, "cpu.weight", "cpu.shares").ShouldBeOneOf("250", "2560");
            Read(scope, "pids.max", "pids.max").ShouldBe("40");

            scope.Add(ProcessTable.Identify(sleeper.Id)!.Value);

            scope.Directories.ShouldAllBe(directory => CgroupScope.Members(directory).SequenceEqual(new[] { sleeper.Id }));
        }
        finally
        {
            sleeper.Kill();
            sleeper.WaitForExit();
        }

        scope.Dispose();
        scope.Directories.ShouldAllBe(static directory => !Directory.Exists(directory));
    }

    [SkippableFact]
    public void The_bound_of_processes_holds()
    {
        Child.RequireRoot();
        using CgroupScope scope = CreateOrSkip(new VmLimits { PidsMax = 3 });
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read go; (sleep 1000 & sleep 1000 & sleep 1000 & sleep 1000 & wait)"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            scope.Add(ProcessTable.Identify(shell.Id)!.Value);
            shell.StandardInput.WriteLine("go");

            shell.StandardError.ReadLine()!.ToLowerInvariant().ShouldContain("fork");
        }
        finally
        {
            foreach (int pid in scope.Directories.SelectMany(CgroupScope.Members))
            {
                OrphanedProcess.End(pid, TimeSpan.FromSeconds(30));
            }

            shell.WaitForExit();
        }

        scope.Dispose();
        scope.Directories.ShouldAllBe(static directory => !Directory.Exists(directory));
    }

    [SkippableFact]
    public void The_group_of_a_former_life_does_not_lend_its_limits()
    {
        Child.RequireRoot();
        string name = NewName;
        using CgroupScope former = CreateOrSkip(s_all, name);
        using CgroupScope scope = CgroupScope.Create(name, s_all with { MemoryMaxBytes = 2 * MemoryMax });

        Read(scope, "memory.max", "memory.limit_in_bytes").ShouldBe("629145600");
    }

    [Fact]
    public void A_v2_group_gets_the_files_of_v2()
    {
        using FakeTree tree = new("cgroup.controllers", "cpu memory pids");
        tree.Add("cgroup.subtree_control", "memory pids\n");
        tree.Add("hearth/cgroup.subtree_control", "cpu memory pids\n");
        foreach (string file in (string[])["memory.max", "memory.swap.max", "cpu.weight", "pids.max", "cgroup.procs"])
        {
            tree.Add($"hearth/vm/{file}", "");
        }

        using CgroupScope scope = CgroupScope.Create("vm", s_all, tree.Root);

        tree.Read("hearth/vm/memory.max").ShouldBe("314572800");
        tree.Read("hearth/vm/memory.swap.max").ShouldBe("0");
        tree.Read("hearth/vm/cpu.weight").ShouldBe("250");
        tree.Read("hearth/vm/pids.max").ShouldBe("40");
        tree.Read("cgroup.subtree_control").ShouldStartWith("+cpu");
        tree.Read("hearth/cgroup.subtree_control").ShouldBe("cpu memory pids\n");
        scope.Directories.Count.ShouldBe(1);
    }

    [Fact]
    public void A_hybrid_host_has_each_controller_in_one_tree()
    {
        using FakeTree tree = new("unified/cgroup.controllers", "memory");
        tree.Add("unified/cgroup.subtree_control", "memory");
        tree.Add("unified/hearth/cgroup.subtree_control", "memory");
        tree.Add("unified/hearth/vm/memory.max", "");
        tree.Add("pids/hearth/vm/pids.max", "");

        using CgroupScope scope = CgroupScope.Create("vm", new VmLimits { MemoryMaxBytes = MemoryMax, PidsMax = 40 }, tree.Root);

        tree.Read("unified/hearth/vm/memory.max").ShouldBe("314572800");
        tree.Read("pids/hearth/vm/pids.max").ShouldBe("40");
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(100, 1024)]
    [InlineData(10000, 102400)]
    public void A_weight_is_so_many_shares(int weight, long shares) => CgroupSetting.Shares(weight).ShouldBe(shares);

    [Fact]
    public void A_host_without_the_controller_is_an_error_and_leaves_nothing()
    {
        using FakeTree tree = new("cgroup.controllers", "cpu");

        HearthException error = Should.Throw<HearthException>(() => CgroupScope.Create("vm", new VmLimits { PidsMax = 40 }, tree.Root));

        (error.Code, error.Message).ShouldBe(("limits.unavailable", $"--pids-max cannot be applied: the host has no 'pids' controller below {tree.Root}."));
        error.Hint!.ShouldEndWith("or leave --pids-max out.");
        Directory.Exists(Path.Combine(tree.Root, "hearth")).ShouldBeFalse();
    }

    [Fact]
    public void A_kernel_that_does_not_count_swap_is_an_error()
    {
        using FakeTree tree = new("cgroup.controllers", "memory");
        tree.Add("cgroup.subtree_control", "memory");
        tree.Add("hearth/cgroup.subtree_control", "memory");
        tree.Add("hearth/vm/memory.max", "");

        HearthException error = Should.Throw<HearthException>(() => CgroupScope.Create("vm", new VmLimits { NoSwap = true }, tree.Root));

        error.Message.ShouldBe($"--no-swap cannot be applied: the kernel does not count swap by group ({tree.Root}/hearth/vm/memory.swap.max is missing).");
    }

    private static CgroupScope CreateOrSkip(VmLimits limits, string? name = null)
    {
        try
        {
            return CgroupScope.Create(name ?? NewName, limits);
        }
        catch (HearthException e) when (e.Code == "limits.unavailable")
        {
            Skip.If(true, $"this host cannot limit: {e.Message}");
            throw;
        }
    }

    /// <summary>The first of the files that one of the group's directories has.</summary>
    private static string Read(CgroupScope scope, params string[] files) =>
        File.ReadAllText(files.SelectMany(file => scope.Directories.Select(directory => Path.Combine(directory, file))).First(File.Exists)).Trim();

    /// <summary>Plain files where a kernel would have a tree of groups; making a group makes none of its files.</summary>
    private sealed class FakeTree : IDisposable
    {
        public FakeTree(string file, string content) => Add(file, content);

        public string Root { get; } = Directory.CreateTempSubdirectory("hearth-cgroup-").FullName;

        public void Add(string file, string content)
        {
            string path = Path.Combine(Root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }

        public string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

        public void Dispose() => Directory.Delete(Root, recursive: true);
    }
}
