using System.Text.Json.Nodes;
using Hearth.Cli.Output;

namespace Hearth.Cli.Tests.Output;

public sealed class ListingWriterTests
{
    private static readonly Column[] s_columns = [new("ID", "ID"), new("Name", "NAME"), new("Extra", "EXTRA", false)];

    [Fact]
    public void A_table_pads_columns_by_three_spaces_and_leaves_the_last() =>
        Print(null).ShouldBe("ID            NAME\n1             a\n12345678901   bb\n");

    [Fact]
    public void Json_is_an_object_a_line() =>
        Print("json").ShouldBe("""
            {"ID":"1","Name":"a","Extra":"x"}
            {"ID":"12345678901","Name":"bb","Extra":"y"}

            """);

    [Fact]
    public void A_template_is_a_line_a_row() => Print("{{.Name}}-{{.Extra}}").ShouldBe("a-x\nbb-y\n");

    [Fact]
    public void A_table_template_makes_its_own_headings() =>
        Print("table {{.Name}}\\t{{upper .Extra}}").ShouldBe("NAME      EXTRA\na         X\nbb        Y\n");

    [Fact]
    public void Quiet_prints_ids() => Print(null, quiet: true).ShouldBe("1\n12345678901\n");

    [Fact]
    public void Control_characters_do_not_reach_a_terminal() => Table.Printable("a\e[2Jb\nc").ShouldBe("a\uFFFD[2Jb c");

    private static string Print(string? format, bool quiet = false)
    {
        StringWriter writer = new() { NewLine = "\n" };
        ListingRow[] rows = [Row("1", "a", "x"), Row("12345678901", "bb", "y")];
        new ListingWriter(s_columns, format).Write(writer, rows, quiet);
        return writer.ToString();
    }

    private static ListingRow Row(string id, string name, string extra) =>
        new(id, new JsonObject { ["ID"] = id, ["Name"] = name, ["Extra"] = extra });
}
