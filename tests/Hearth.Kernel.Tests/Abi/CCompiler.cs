using System.Text;
using Hearth.Linux.Processes;

namespace Hearth.Kernel.Tests.Abi;

/// <summary>Has gcc evaluate expressions with the system's headers.</summary>
internal static class CCompiler
{
    public static bool IsInstalled => ToolProcess.Find("gcc") is not null && File.Exists("/usr/include/stdio.h") && Directory.Exists("/usr/include/linux");

    public static async Task<bool> IsDefinedAsync(IEnumerable<string> headers, string macro) =>
        (await EvaluateAsync(headers, new Dictionary<string, string> { ["defined"] = $"\n#ifdef {macro}\n1\n#else\n0\n#endif\n" }))["defined"] == 1;

    /// <param name="headers">What to include.</param>
    /// <param name="expressions">Integer expressions by any names.</param>
    public static async Task<Dictionary<string, long>> EvaluateAsync(IEnumerable<string> headers, IReadOnlyDictionary<string, string> expressions)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("hearth-abi-");
        try
        {
            StringBuilder source = new("#define _GNU_SOURCE\n#include <stddef.h>\n#include <stdio.h>\n");
            source.AppendJoin("", headers.Select(static header => $"#include <{header}>\n")).Append("int main(void) {\n");
            foreach ((string name, string expression) in expressions)
            {
                source.Append(null, $"printf(\"{name} %lld\\n\", (long long)({expression}));\n");
            }

            string file = Path.Combine(directory.FullName, "abi.c"), program = Path.Combine(directory.FullName, "abi");
            await File.WriteAllTextAsync(file, source.Append("}\n").ToString());
            await ToolProcess.RunAsync(new ToolCommand("gcc", ["-o", program, file]), new ToolStreams(), CancellationToken.None);
            byte[] printed = await ToolProcess.ReadAsync(new ToolCommand(program, []), 1 << 20, CancellationToken.None);
            return Encoding.ASCII.GetString(printed).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static line => line.Split(' ')).ToDictionary(static words => words[0], static words => long.Parse(words[1], null));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
