using System.Net;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Tests.Egress;

public sealed class GrantedAddressesTests
{
    private static readonly IPAddress s_address = IPAddress.Parse("203.0.113.1");

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(1, 6 * 60)]
    [InlineData(1800, 31 * 60)]
    [InlineData(86400, 61 * 60)]
    public void A_grant_ends_with_its_answer_but_not_before_the_floor_nor_after_the_cap(int timeToLive, int expectedSeconds)
    {
        GrantedAddresses granted = new(_time);
        granted.Add(s_address, "a.example", TimeSpan.FromSeconds(timeToLive)).ShouldBeTrue();

        _time.Advance(TimeSpan.FromSeconds(expectedSeconds - 1));
        granted.NamesOf(s_address).ShouldBe(["a.example"]);
        _time.Advance(TimeSpan.FromSeconds(2));
        granted.NamesOf(s_address).ShouldBeEmpty();
    }

    [Fact]
    public void A_later_answer_prolongs_and_never_shortens()
    {
        GrantedAddresses granted = new(_time);
        granted.Add(s_address, "a.example", TimeSpan.FromMinutes(30));
        granted.Add(s_address, "a.example", TimeSpan.FromSeconds(1));

        _time.Advance(TimeSpan.FromMinutes(30));

        granted.NamesOf(s_address).ShouldBe(["a.example"]);
    }

    [Fact]
    public void A_connection_holds_its_grant()
    {
        GrantedAddresses granted = new(_time);
        granted.Add(s_address, "a.example", TimeSpan.Zero);
        IDisposable held = granted.Hold(s_address);

        _time.Advance(TimeSpan.FromHours(5));
        granted.NamesOf(s_address).ShouldBe(["a.example"]);

        held.Dispose();
        held.Dispose();
        granted.NamesOf(s_address).ShouldBeEmpty();
    }

    [Fact]
    public void A_full_table_refuses_what_is_new_until_something_has_ended()
    {
        GrantedAddresses granted = new(_time);
        for (int i = 0; i < GrantedAddresses.MaxAddresses; i++)
        {
            granted.Add(new IPAddress(i + 0x01000000), "a.example", TimeSpan.Zero).ShouldBeTrue();
        }

        granted.Add(s_address, "b.example", TimeSpan.Zero).ShouldBeFalse();
        _time.Advance(TimeSpan.FromMinutes(10));
        granted.Add(s_address, "b.example", TimeSpan.Zero).ShouldBeTrue();
    }

    [Fact]
    public void An_address_has_a_bounded_number_of_names()
    {
        GrantedAddresses granted = new(_time);

        Enumerable.Range(0, GrantedAddresses.MaxNames + 3).Count(i => granted.Add(s_address, $"n{i}.example", TimeSpan.Zero)).ShouldBe(GrantedAddresses.MaxNames);
    }
}
