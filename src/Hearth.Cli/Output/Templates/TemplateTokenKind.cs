namespace Hearth.Cli.Output.Templates;

internal enum TemplateTokenKind
{
    /// <summary><c>.</c> alone.</summary>
    Dot,

    /// <summary><c>.Name</c>.</summary>
    Field,

    /// <summary><c>$</c> or <c>$name</c>.</summary>
    Variable,

    /// <summary>A function or a keyword.</summary>
    Word,

    Text,
    Number,
    Pipe,
    Open,
    Close,
    Comma,

    /// <summary><c>:=</c>.</summary>
    Declare,

    /// <summary><c>=</c>.</summary>
    Assign,

    /// <summary>After the last word.</summary>
    End,
}
