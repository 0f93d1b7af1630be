using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Cli.Output.Templates;

namespace Hearth.Cli.Tests.Output;

public sealed class GoTemplateTests
{
    private const string Data = """
        {"Name":"web","State":{"Status":"running","Pid":7,"Load":0.5,"Ok":true},"Env":["A=1","B=2"],"None":[],
         "Config":{"Labels":{"app":"shop","tier":"<front>"}},"Nothing":null}
        """;

    [Theory]
    [InlineData("{{.Name}}", "web")]
    [InlineData("{{ .State.Status }}/{{.State.Pid}}", "running/7")]
    [InlineData("{{json .Config.Labels}}", """{"app":"shop","tier":"<front>"}""")]
    [InlineData("{{json .Nothing}} {{json .State.Ok}}", "null true")]
    [InlineData("{{.Config.Labels}}", "map[app:shop tier:<front>]")]
    [InlineData("{{.Env}}", "[A=1 B=2]")]
    [InlineData("{{.Nothing}}", "<no value>")]
    [InlineData("{{range .Env}}<{{.}}>{{end}}", "<A=1><B=2>")]
    [InlineData("{{range $i, $e := .Env}}{{$i}}={{$e}};{{end}}", "0=A=1;1=B=2;")]
    [InlineData("{{range $k, $v := .Config.Labels}}{{$k}}:{{$v}} {{$.Name}},{{end}}", "app:shop web,tier:<front> web,")]
    [InlineData("{{range .None}}x{{else}}none{{end}}", "none")]
    [InlineData("{{if .State.Ok}}yes{{else}}no{{end}}", "yes")]
    [InlineData("{{if eq .State.Status \"exited\"}}a{{else if gt .State.Pid 5}}b{{else}}c{{end}}", "b")]
    [InlineData("{{with .Config}}{{.Labels.app}}{{end}}", "shop")]
    [InlineData("{{with .Nothing}}x{{else}}{{.Name}}{{end}}", "web")]
    [InlineData("{{index .Config.Labels \"app\"}}", "shop")]
    [InlineData("{{index .Config.Labels \"missing\"}}|", "|")]
    [InlineData("{{index .Env 1}}", "B=2")]
    [InlineData("{{.Config.Labels.missing}}", "<no value>")]
    [InlineData("{{len .Env}} {{len .Name}}", "2 3")]
    [InlineData("{{upper .Name}} {{.Name | upper | lower}} {{title .Name}}", "WEB web Web")]
    [InlineData("{{join .Env \",\"}}", "A=1,B=2")]
    [InlineData("{{join (split .Name \"e\") \"-\"}}", "w-b")]
    [InlineData("{{printf \"%-5s|%5s|%03d|%.2f|%q|%v|%%\" .Name .Name .State.Pid .State.Load .Name .State.Ok}}", "web  |  web|007|0.50|\"web\"|true|%")]
    [InlineData("{{printf \"%d %s\" .Name}}", "%!d(string=web) %!s(MISSING)")]
    [InlineData("{{println .Name 1}}", "web 1\n")]
    [InlineData("{{print 1 2 \"a\" 3}}", "1 2a3")]
    [InlineData("{{truncate .Name 2}}{{slice .Name 1 3}}", "weeb")]
    [InlineData("{{eq .Name \"a\" \"web\"}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{ge 1 2}}", "true true true true false")]
    [InlineData("{{and .Name .State.Pid}} {{or .Nothing .Name}} {{not .None}}", "7 web true")]
    [InlineData("a {{- .Name -}} b", "awebb")]
    [InlineData("a {{/* nothing */}}b", "a b")]
    [InlineData("a\\tb\\n", "a\tb\n")]
    [InlineData("{{$x := .Name}}{{$x = upper $x}}{{$x}}", "WEB")]
    [InlineData("{{(index .Env 0)}}", "A=1")]
    [InlineData("{{`}}`}}{{\"}}\"}}", "}}}}")]
    public void A_template_prints_what_go_prints(string template, string expected) =>
        GoTemplate.Parse(template).Render(JsonNode.Parse(Data)).ShouldBe(expected);

    [Theory]
    [InlineData("{{.Name", 1, "'{{' is not closed by '}}'")]
    [InlineData("ab {{frob .Name}}", 6, "there is no function 'frob'")]
    [InlineData("{{if .Name}}x", 3, "'if' has no '{{end}}'")]
    [InlineData("x{{end}}", 4, "'{{end}}' closes nothing")]
    [InlineData("{{.Names}}", 3, "there is no field 'Names'")]
    [InlineData("{{.Name.First}}", 8, "string has no field 'First'")]
    [InlineData("{{index .Env 9}}", 3, "index: index 9 is outside a list of 2")]
    [InlineData("{{lt .Name 1}}", 3, "lt: cannot order string and int")]
    [InlineData("{{upper}}", 3, "'upper' takes 1 arguments and was given 0")]
    [InlineData("{{$x}}", 3, "there is no variable '$x'")]
    [InlineData("{{printf \"%9999d\" 1}}", 3, "printf: widths are 0 to 1000")]
    [InlineData("{{}}", 3, "a value is missing")]
    [InlineData("{{.Name | 5}}", 11, "'5' is no function and takes no arguments")]
    public void A_wrong_template_is_refused_with_its_column(string template, int column, string cause)
    {
        TemplateException error = Should.Throw<TemplateException>(() => GoTemplate.Parse(template).Render(JsonNode.Parse(Data)));
        error.Column.ShouldBe(column);
        error.Message.ShouldBe($"--format: column {column}: {cause}.");
    }

    [Theory]
    [InlineData("(")]
    [InlineData(".A")]
    [InlineData(".A|")]
    public void Nesting_without_end_is_refused_and_not_a_crash(string piece) =>
        Should.Throw<TemplateException>(() => GoTemplate.Parse("{{" + string.Concat(Enumerable.Repeat(piece, 100_000)) + "}}"));

    [Fact]
    public void A_label_method_answers_listings() =>
        GoTemplate.Parse("{{.Label \"app\"}}").Render(JsonNode.Parse(Data), static key => key + "!").ShouldBe("app!");

    [Fact]
    public void Mutated_templates_fail_only_by_their_own_error()
    {
        string[] pieces = ["{{", "}}", " ", ".", ".Name", ".Env", "$", "$x", ":=", "|", "(", ")", "\"", "`", "-", "1", "range", "if", "end", "else", "with",
            "index", "printf", "\"%5s\"", "json", "slice", "pad", "\\", "/*", "*/", ",", "=", "and", "eq", "len", "join", "nil", "é"];
        Arbitrary<string> templates = Gen.Elements(pieces).ArrayOf().Select(static parts => "{{" + string.Concat(parts) + "}}").ToArbitrary();
        JsonNode? data = JsonNode.Parse(Data);
        int rendered = 0;
        Prop.ForAll(templates, template =>
        {
            try
            {
                GoTemplate.Parse(template).Render(data);
                rendered++;
            }
            catch (TemplateException)
            {
                // Its own error: what is wanted.
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
        rendered.ShouldBeGreaterThan(0);
    }
}
