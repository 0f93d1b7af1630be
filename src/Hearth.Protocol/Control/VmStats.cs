using System.Text.Json.Serialization;
using Hearth.Protocol.Agent;

namespace Hearth.Protocol.Control;

/// <summary>The guest's counters beside what the VM costs the host.</summary>
/// <param name="Guest">Null while the guest cannot answer (booting or paused).</param>
/// <param name="VmmResidentBytes">Resident memory of the VMM process.</param>
/// <param name="SupervisorResidentBytes">Resident memory of the supervisor.</param>
/// <param name="TimestampUnixNanoseconds">When this was read; CPU percentages are differences of two.</param>
public sealed record VmStats([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] StatsReply? Guest, long VmmResidentBytes, long SupervisorResidentBytes, long TimestampUnixNanoseconds);
