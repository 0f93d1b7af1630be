using System.Reflection;
using System.Runtime.CompilerServices;
using Hearth.Linux.Files;

namespace Hearth.Kernel.Tests.Abi;

/// <summary>Every number and structure of <c>Hearth.Linux/Abi</c> and of <c>Libc</c>, against what a C compiler makes of the system's headers.</summary>
public sealed class AbiTests
{
    private static readonly Assembly s_linux = typeof(FileStatus).Assembly;

    private static IEnumerable<string> FuseStructures => Structures("FuseMessages").Select(static type => type.Name);

    private static readonly Dictionary<string, CDescription> s_descriptions = new()
    {
        ["Errno"] = new("errno.h"),
        ["Fcntl"] = new("fcntl.h", "linux/openat2.h", "linux/close_range.h") { Structures = new Dictionary<string, string> { ["flock"] = "struct flock", ["open_how"] = "struct open_how" } },
        ["FuseNumbers"] = new("sys/ioctl.h", "stdint.h", "linux/fuse.h"),
        ["FuseMessages"] = new("linux/fuse.h")
        {
            Structures = FuseStructures.ToDictionary(static name => name, static name => name switch
            {
                "statfs_spare" => "((struct fuse_kstatfs *)0)->spare",
                "init_reserved" => "((struct fuse_init_in *)0)->unused",
                "init_unused" => "((struct fuse_init_out *)0)->unused",
                _ => $"struct {name}",
            }),
        },
        ["InetDiag"] = new("sys/socket.h", "netinet/in.h", "netinet/tcp.h", "linux/sock_diag.h", "linux/inet_diag.h")
        {
            Structures = new Dictionary<string, string>
            {
                ["inet_diag_sockid"] = "struct inet_diag_sockid",
                ["inet_diag_req_v2"] = "struct inet_diag_req_v2",
                ["inet_diag_msg"] = "struct inet_diag_msg",
                ["diag_address"] = "((struct inet_diag_sockid *)0)->idiag_src",
                ["diag_cookie"] = "((struct inet_diag_sockid *)0)->idiag_cookie",
            },
        },
        ["Inotify"] = new("sys/inotify.h") { Structures = new Dictionary<string, string> { ["inotify_event"] = "struct inotify_event" } },
        ["Ioctls"] = new("sys/ioctl.h", "linux/random.h", "linux/fs.h", "linux/sockios.h") { Structures = new Dictionary<string, string> { ["winsize"] = "struct winsize" } },
        ["Mount"] = new("sys/mount.h"),
        ["Netfilter"] = new("sys/socket.h", "netinet/in.h", "linux/if.h", "linux/netfilter_ipv4.h", "linux/netfilter_ipv6/ip6_tables.h"),
        ["Netlink"] = new("sys/socket.h", "linux/netlink.h") { Structures = new Dictionary<string, string> { ["nlmsghdr"] = "struct nlmsghdr" } },
        ["PageScan"] = new("linux/fs.h")
        {
            Newest = "PAGEMAP_SCAN",
            Structures = new Dictionary<string, string> { ["page_region"] = "struct page_region", ["pm_scan_arg"] = "struct pm_scan_arg" },
        },
        ["Prctl"] = new("sys/prctl.h", "linux/capability.h", "linux/securebits.h")
        {
            Constants = new Dictionary<string, string> { ["LINUX_CAPABILITY_VERSION_3"] = "_LINUX_CAPABILITY_VERSION_3" },
            Structures = new Dictionary<string, string> { ["cap_user_header"] = "struct __user_cap_header_struct", ["cap_user_data"] = "struct __user_cap_data_struct" },
        },
        ["RouteMessages"] = new("linux/rtnetlink.h", "linux/if_link.h", "linux/if.h", "linux/if_addr.h", "linux/neighbour.h", "linux/veth.h")
        {
            Structures = new Dictionary<string, string>
            {
                ["ifinfomsg"] = "struct ifinfomsg",
                ["ifaddrmsg"] = "struct ifaddrmsg",
                ["rtmsg"] = "struct rtmsg",
                ["ndmsg"] = "struct ndmsg",
                ["tcmsg"] = "struct tcmsg",
            },
        },
        ["RouteRules"] = new("linux/rtnetlink.h", "linux/fib_rules.h") { Structures = new Dictionary<string, string> { ["fib_rule_hdr"] = "struct fib_rule_hdr" } },
        ["Statx"] = new("linux/stat.h")
        {
            Structures = new Dictionary<string, string> { ["statx"] = "struct statx", ["statx_timestamp"] = "struct statx_timestamp", ["statx_rest"] = "char[256 - 144]" },
        },
        ["TrafficControl"] = new("linux/pkt_sched.h")
        {
            Structures = new Dictionary<string, string> { ["tc_ratespec"] = "struct tc_ratespec", ["tc_tbf_qopt"] = "struct tc_tbf_qopt" },
        },
        ["TunDevice"] = new("sys/ioctl.h", "linux/if_tun.h"),
        ["Sched"] = new("linux/sched.h") { Structures = new Dictionary<string, string> { ["clone_args"] = "struct clone_args" } },
        ["Signals"] = new("signal.h", "sys/wait.h")
        {
            Constants = new Dictionary<string, string> { ["LastStandard"] = "SIGSYS", ["Last"] = "_NSIG - 1", ["SignalSetBytes"] = "(_NSIG - 1) / 8" },
            Structures = new Dictionary<string, string> { ["siginfo_child"] = "siginfo_t" },
        },
        ["SocketMessages"] = new("sys/socket.h", "sys/uio.h")
        {
            Structures = new Dictionary<string, string> { ["linger"] = "struct linger", ["iovec"] = "struct iovec", ["msghdr"] = "struct msghdr", ["cmsghdr"] = "struct cmsghdr" },
        },
        ["Unistd"] = new("sys/syscall.h") { NumberPrefix = "__NR_" },
        ["Libc"] = new("errno.h", "fcntl.h", "poll.h", "sys/file.h", "sys/ioctl.h", "sys/mman.h", "sys/socket.h", "termios.h")
        {
            Constants = new Dictionary<string, string> { ["LockFileFlags"] = "O_RDWR | O_CREAT | O_CLOEXEC" },
            Structures = new Dictionary<string, string>
            {
                ["pollfd"] = "struct pollfd",
                ["PollEntry"] = "struct pollfd",
                ["winsize"] = "struct winsize",
                ["termios"] = "struct termios",
                ["control_characters"] = "((struct termios *)0)->c_cc",
            },
        },
    };

    /// <summary>Fields that have no name in C: padding, and room for what is not looked at.</summary>
    private static readonly HashSet<string> s_unnamed = ["siginfo_child.pad", "ifinfomsg.pad", "ndmsg.pad", "ndmsg.pad2", "siginfo_child.rest", "control_characters._first", "diag_address._first", "diag_cookie._first",
        "statx.pad", "statx.rest", "statx_timestamp.reserved", "statx_rest._first", "statfs_spare._first", "init_unused._first", "init_reserved._first"];

    public static TheoryData<string> Types => [.. s_descriptions.Keys];

    [Fact]
    public void Every_type_with_numbers_or_structures_is_in_the_list()
    {
        IEnumerable<Type> types = s_linux.GetTypes().Where(static type => (type.Namespace == "Hearth.Linux.Abi" && !type.IsNested) || type.FullName == "Hearth.Linux.Libc");

        types.Select(static type => type.Name).ShouldBe(s_descriptions.Keys, ignoreOrder: true);
    }

    [Fact]
    public void Every_structure_is_in_a_list()
    {
        IEnumerable<string> structures = s_descriptions.Keys.SelectMany(static name => Structures(name).Select(structure => $"{name}.{structure.Name}"));

        structures.ShouldBe(s_descriptions.SelectMany(static pair => pair.Value.Structures.Keys.Select(structure => $"{pair.Key}.{structure}")), ignoreOrder: true);
    }

    [SkippableTheory]
    [MemberData(nameof(Types))]
    public async Task Numbers_sizes_and_offsets_are_those_of_the_headers(string name)
    {
        Skip.IfNot(CCompiler.IsInstalled, "gcc or the C library's headers are not installed");
        CDescription description = s_descriptions[name];
        Skip.If(description.Newest is { } newest && !await CCompiler.IsDefinedAsync(description.Headers, newest), $"the installed headers are older than {description.Newest}");
        Dictionary<string, (string Expression, long Value)> expected = [];
        foreach (FieldInfo constant in Type(name).GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public).Where(static field => field.IsLiteral))
        {
            expected[constant.Name] = (description.ConstantOf(constant.Name), ToLong(constant.GetRawConstantValue()!));
        }

        foreach (Type structure in Structures(name))
        {
            string type = description.Structures[structure.Name];
            expected[structure.Name] = ($"sizeof({type})", SizeOf(structure));
            foreach (FieldInfo field in structure.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
            {
                string path = $"{structure.Name}.{field.Name}";
                if (!s_unnamed.Contains(path))
                {
                    expected[path] = ($"offsetof({type}, {field.Name})", OffsetOf(structure, field));
                }
            }
        }

        expected.ShouldNotBeEmpty();
        Dictionary<string, long> actual = await CCompiler.EvaluateAsync(description.Headers, expected.ToDictionary(static pair => pair.Key, static pair => pair.Value.Expression));

        expected.ToDictionary(static pair => pair.Key, static pair => pair.Value.Value).ShouldBe(actual);
    }

    [Fact]
    public void A_files_status_is_what_the_kernel_says()
    {
        // FileStatus reads struct statx by offset: each field through the kernel, against stat(1).
        string file = typeof(AbiTests).Assembly.Location;
        FileStatus.TryRead(file, follow: true, out FileStatus status).ShouldBeTrue();

        (string printed, _) = ChildPrograms.Child.Shell($"stat -c '%f %u %g %h %i %s %b %Y' '{file}'");

        printed.ShouldBe($"{status.Mode:x} {status.User} {status.Group} {status.Links} {status.Inode} {status.SizeBytes} {status.AllocatedBytes / 512} {status.ModifiedSeconds}");
        FileStatus.TryRead("/dev/full", follow: true, out FileStatus device).ShouldBeTrue();
        (device.DeviceMajor, device.DeviceMinor, device.Kind).ShouldBe((1u, 7u, FileKind.Character));
    }

    private static Type Type(string name) => s_linux.GetType(name == "Libc" ? "Hearth.Linux.Libc" : $"Hearth.Linux.Abi.{name}", throwOnError: true)!;

    private static IEnumerable<Type> Structures(string name) =>
        Type(name).GetNestedTypes(BindingFlags.NonPublic | BindingFlags.Public).Where(static type => type.IsValueType && !type.IsDefined(typeof(CompilerGeneratedAttribute)));

    private static long ToLong(object value) => value is ulong unsigned ? unchecked((long)unsigned) : Convert.ToInt64(value, null);

    private static long SizeOf(Type structure) => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(structure).Invoke(null, null)!;

    /// <summary>Where the bytes of a field stand that is set to other than 0 in a structure of zeros.</summary>
    private static long OffsetOf(Type structure, FieldInfo field)
    {
        object box = RuntimeHelpers.GetUninitializedObject(structure);
        field.SetValue(box, One(field.FieldType));
        ref byte first = ref Unsafe.As<RawBox>(box).First;
        int at = 0;
        while (Unsafe.Add(ref first, at) == 0)
        {
            at++;
        }

        return at;
    }

    private static object One(Type type) => type switch
    {
        _ when type == typeof(nint) => (nint)1,
        _ when type == typeof(nuint) => (nuint)1,
        { IsPrimitive: true } => Convert.ChangeType(1, type, null),
        _ => NotZero(type),
    };

    private static object NotZero(Type structure)
    {
        object box = RuntimeHelpers.GetUninitializedObject(structure);
        structure.GetFields(BindingFlags.Instance | BindingFlags.NonPublic)[0].SetValue(box, (byte)1);
        return box;
    }

    private sealed class RawBox
    {
        public byte First;
    }
}
