using Hearth.Networking.Egress;

namespace Hearth.Networking.Proxy;

// What a guest sends, from its first byte on:
//
//   Sniff ──► Tls: ClientHello ──► record ──► Opaque    A second ClientHello (after a HelloRetryRequest) is read like the first.
//     │                              └─► ClientHello
//     ├─────► Http: head ──► body ──► head …            Every request of a kept connection is read: its host may be another.
//     │               └─► await ──► Opaque | head       A WebSocket, if the server answers 101; on the first request only,
//     │                                                 because only there it is known which answer is whose.
//     └─────► Opaque                                    Anything else.

/// <summary>Reads what a guest sends for the names in it, and lets it pass when a check does. One connection's; not for several threads.</summary>
/// <param name="check">Decides about a name; about null when a head has none.</param>
internal sealed class RequestInspector(Func<string?, EgressDecision> check)
{
    private readonly HttpBody _body = new();
    private State _state = State.Sniff;
    private bool _isFirstRequest = true;

    private enum State
    {
        Sniff,
        ClientHello,
        Record,
        HttpHead,
        HttpBody,
        AwaitAnswer,
        Opaque,
        Denied,
    }

    /// <summary>Why it ended, and for which name.</summary>
    public (EgressDecision Decision, string? Name) Denial { get; private set; }

    public Inspection Advance(ReadOnlySpan<byte> bytes)
    {
        int passed = 0;
        while (true)
        {
            State before = _state;
            int step = Step(bytes[passed..]);
            passed += step;
            switch (_state)
            {
                case State.Denied:
                    return new Inspection(0, InspectionVerdict.Deny);
                case State.AwaitAnswer:
                    return new Inspection(passed, InspectionVerdict.AwaitAnswer);
                case State.Opaque:
                    return new Inspection(bytes.Length, InspectionVerdict.Opaque);
            }

            if (step == 0 && _state == before)
            {
                return new Inspection(passed);
            }
        }
    }

    /// <summary>Goes on after <see cref="InspectionVerdict.AwaitAnswer"/>.</summary>
    public void AnswerBegan(bool isSwitched) => _state = isSwitched ? State.Opaque : State.HttpHead;

    private int Step(ReadOnlySpan<byte> bytes) => _state switch
    {
        State.Sniff => Sniff(bytes),
        State.ClientHello => ReadHello(bytes),
        State.Record => ReadRecord(bytes),
        State.HttpHead => ReadHead(bytes),
        State.HttpBody => ReadBody(bytes),
        _ => 0,
    };

    private int Sniff(ReadOnlySpan<byte> bytes)
    {
        switch (HeadSniffer.Sniff(bytes))
        {
            case HeadKind.Tls:
                _state = State.ClientHello;
                break;
            case HeadKind.Http:
                _state = State.HttpHead;
                break;
            case HeadKind.Other:
                Check(null, State.Opaque);
                break;
            case HeadKind.Undecided when bytes.Length >= HttpRequestHead.MaxBytes:
                Deny("a first line without an end");
                break;
        }

        return 0;
    }

    private int ReadHello(ReadOnlySpan<byte> bytes)
    {
        ClientHello hello = ClientHello.Parse(bytes);
        if (hello.State == HeadState.Refused)
        {
            Deny(hello.Fault!);
        }

        return hello.State == HeadState.Complete && Check(hello.Name, State.Record) ? hello.Bytes : 0;
    }

    /// <summary>Between two ClientHellos nothing but a ChangeCipherSpec stands (RFC 8446 §5); whatever else comes, no second one follows.</summary>
    private int ReadRecord(ReadOnlySpan<byte> bytes)
    {
        const int ChangeCipherSpecBytes = 6;
        if (bytes.IsEmpty)
        {
            return 0;
        }

        switch (bytes[0])
        {
            case 0x14 when bytes.Length >= ChangeCipherSpecBytes:
                return ChangeCipherSpecBytes;
            case 0x14:
            case 0x16 when bytes.Length < ChangeCipherSpecBytes:
                return 0;
            case 0x16 when bytes[5] == 1:
                _state = State.ClientHello;
                return 0;
            default:
                _state = State.Opaque;
                return 0;
        }
    }

    private int ReadHead(ReadOnlySpan<byte> bytes)
    {
        HttpRequestHead head = HttpRequestHead.Parse(bytes);
        if (head.State == HeadState.Refused)
        {
            Deny(head.Fault!);
        }
        else if (head.State == HeadState.Complete && head.IsWebSocket && !_isFirstRequest)
        {
            Deny("a WebSocket on a connection that had a request before");
        }
        else if (head.State == HeadState.Complete && Check(head.Name, head.IsWebSocket ? State.AwaitAnswer : State.HttpBody))
        {
            _isFirstRequest = false;
            _body.Begin(head.BodyBytes);
            return head.Bytes;
        }

        return 0;
    }

    private int ReadBody(ReadOnlySpan<byte> bytes)
    {
        int taken = _body.Take(bytes, out bool isDone, out string? fault);
        if (fault is not null)
        {
            Deny(fault);
            return 0;
        }

        _state = isDone ? State.HttpHead : State.HttpBody;
        return taken;
    }

    private bool Check(string? name, State next)
    {
        EgressDecision decision = check(name);
        _state = decision.IsAllowed ? next : State.Denied;
        Denial = decision.IsAllowed ? default : (decision, name);
        return decision.IsAllowed;
    }

    private void Deny(string fault)
    {
        _state = State.Denied;
        Denial = (new EgressDecision(false, EgressBasis.Protocol, fault), null);
    }
}
