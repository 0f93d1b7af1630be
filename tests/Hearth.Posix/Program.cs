using Hearth.Posix.Commands;

return CommandLine.Run(args);
