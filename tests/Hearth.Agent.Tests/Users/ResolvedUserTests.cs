using FsCheck;
using FsCheck.Fluent;
using Hearth.Agent.Users;
using Hearth.Core.Errors;

namespace Hearth.Agent.Tests.Users;

public sealed class ResolvedUserTests
{
    private const string Passwd = "root:x:0:0:root:/root:/bin/sh\njoe:x:1000:1001:Joe:/home/joe:/bin/sh\n1234:x:77:78::/seven:/bin/sh\nnohome:x:5:5::\n";
    private const string Group = "root:x:0:\nwheel:x:10:root,joe\njoe:x:1001:\nlog:x:12:joe\n";

    [Fact]
    public void Nothing_asked_is_root_with_its_groups()
    {
        ResolvedUser user = ResolvedUser.Resolve("", Passwd, Group);
        (user.User, user.Group, user.Home).ShouldBe((0u, 0u, "/root"));
        user.Groups.ShouldBe([0u, 10u]);
    }

    [Fact]
    public void A_name_brings_its_group_its_home_and_the_groups_that_list_it()
    {
        ResolvedUser user = ResolvedUser.Resolve("joe", Passwd, Group);
        (user.User, user.Group, user.Home).ShouldBe((1000u, 1001u, "/home/joe"));
        user.Groups.ShouldBe([1001u, 10u, 12u]);
    }

    [Fact]
    public void A_number_with_an_entry_is_that_user() =>
        ResolvedUser.Resolve("1000", Passwd, Group).Groups.ShouldBe([1001u, 10u, 12u]);

    [Fact]
    public void A_name_that_looks_like_a_number_wins_over_the_number() =>
        ResolvedUser.Resolve("1234", Passwd, Group).User.ShouldBe(77u);

    [Fact]
    public void A_number_without_an_entry_is_in_group_zero_and_at_home_in_the_root()
    {
        ResolvedUser user = ResolvedUser.Resolve("4242", Passwd, Group);
        (user.User, user.Group, user.Home).ShouldBe((4242u, 0u, "/"));
        user.Groups.ShouldBe([0u]);
    }

    [Fact]
    public void A_group_replaces_all_others()
    {
        ResolvedUser user = ResolvedUser.Resolve("joe:wheel", Passwd, Group);
        user.Group.ShouldBe(10u);
        user.Groups.ShouldBe([10u]);
    }

    [Fact]
    public void An_image_without_account_files_takes_numbers()
    {
        ResolvedUser user = ResolvedUser.Resolve("7:8", null, null);
        (user.User, user.Group).ShouldBe((7u, 8u));
    }

    [Fact]
    public void An_unknown_user_is_126_with_dockers_words()
    {
        HearthException error = Should.Throw<HearthException>(() => ResolvedUser.Resolve("nobody", Passwd, Group));
        error.Message.ShouldBe("unable to find user nobody: no matching entries in passwd file");
        error.ExitCode.ShouldBe(126);
    }

    [Fact]
    public void An_unknown_group_is_126_with_dockers_words()
    {
        HearthException error = Should.Throw<HearthException>(() => ResolvedUser.Resolve("joe:none", Passwd, Group));
        error.Message.ShouldBe("unable to find group none: no matching entries in group file");
        error.ExitCode.ShouldBe(126);
    }

    [Theory]
    [InlineData("4294967295")]
    [InlineData("2147483648")]
    [InlineData("-1")]
    [InlineData("+1")]
    public void An_id_that_cannot_be_is_not_a_user(string text) =>
        Should.Throw<HearthException>(() => ResolvedUser.Resolve(text, Passwd, Group)).Code.ShouldBe("user.unknown");

    [Fact]
    public void Any_bytes_in_the_account_files_give_root_or_a_named_error() => Prop.ForAll<string?, string?>(
        static (passwd, group) => ResolvedUser.Resolve("0", passwd, group).User == 0).QuickCheckThrowOnFailure();

    [Fact]
    public void Lines_that_are_not_entries_are_passed_over() =>
        ResolvedUser.Resolve("joe", "garbage\n:::\n# joe:x:1:1\njoe:x:notanumber:1\n" + Passwd, Group).User.ShouldBe(1000u);
}
