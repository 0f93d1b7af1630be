using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Routing;

/// <content>How fast an interface sends.</content>
public sealed partial class RouteSocket
{
    /// <summary>What may go at once: that of a timer tick at 250 Hz, and two packets.</summary>
    private const int TicksPerSecond = 250;

    /// <summary>Bounds what an interface sends by a token bucket (tc-tbf(8)); what is beyond waits a little, then is dropped.</summary>
    /// <param name="index">The interface.</param>
    /// <param name="bytesPerSecond">At least 1.</param>
    /// <param name="mtu">The interface's.</param>
    /// <param name="queueBytes">What may wait.</param>
    /// <exception cref="ErrnoException">ENOENT: the kernel has no token buckets (<c>sch_tbf</c>).</exception>
    public void LimitRate(int index, long bytesPerSecond, int mtu, long queueBytes)
    {
        long burst = Math.Max(bytesPerSecond / TicksPerSecond, 2L * mtu);
        TrafficControl.tc_tbf_qopt options = new()
        {
            rate = new() { linklayer = TrafficControl.TC_LINKLAYER_ETHERNET, rate = (uint)Math.Min(bytesPerSecond, uint.MaxValue) },
            limit = (uint)Math.Min(uint.MaxValue, burst + queueBytes),
        };
        RouteRequest request = RouteRequest.Of(RouteMessages.RTM_NEWQDISC, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_REPLACE, new RouteMessages.tcmsg { tcm_ifindex = index, tcm_parent = TrafficControl.TC_H_ROOT })
            .With(RouteMessages.TCA_KIND, "tbf")
            .Nest(RouteMessages.TCA_OPTIONS, bucket =>
            {
                bucket.With(TrafficControl.TCA_TBF_PARMS, MemoryMarshal.AsBytes([options])).With(TrafficControl.TCA_TBF_BURST, (int)Math.Min(burst, int.MaxValue));
                if (bytesPerSecond > uint.MaxValue)
                {
                    bucket.With(TrafficControl.TCA_TBF_RATE64, MemoryMarshal.AsBytes([bytesPerSecond]));
                }
            });
        Call(request, $"rate of interface {index}");
    }
}
