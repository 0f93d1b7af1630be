namespace Hearth.Networking.Egress;

/// <summary>A line of a VM's <c>egress.jsonl</c>.</summary>
/// <param name="Time">When; of repetitions the last one's.</param>
/// <param name="Decision"><c>allow</c>, <c>deny</c>, or <c>lost</c> for decisions that were too many to be written.</param>
/// <param name="Protocol"><c>dns</c>, <c>tcp</c>, <c>udp</c>.</param>
/// <param name="Destination">Address and port; null for a question of DNS.</param>
/// <param name="Name">The name asked for, or said in the head; else the first of those that the address was given for.</param>
/// <param name="Rule">What decided: the rule as written, or words.</param>
/// <param name="Count">How often, since the last line that says the same.</param>
public sealed record EgressLogEntry(DateTimeOffset Time, string Decision, string Protocol, string? Destination, string? Name, string Rule, long Count);
