using HotQuic.Core.Errors;
using HotQuic.Core.Paths;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Ports;

/// <summary>How looking for a listener ended.</summary>
internal enum SelectionOutcome
{
    Found,

    /// <summary>No listener takes the address that the client came to.</summary>
    NoAddress,

    /// <summary>Listeners take the address, but none of them any of the client's protocols.</summary>
    NoProtocol,
}

/// <summary>
/// The bindings of one port in the order in which they are asked (L11). It never changes: whoever adds or removes a binding puts a new
/// table in its place, so that shards select without a lock and without allocation.
/// </summary>
internal sealed class BindingTable
{
    private readonly PortBinding[] _bindings;
    private readonly ulong[] _signatures;

    private BindingTable(PortBinding[] bindings)
    {
        _bindings = bindings;
        _signatures = Array.ConvertAll(bindings, binding => binding.Protocols.Signature);
    }

    public static BindingTable Empty { get; } = new([]);

    public ReadOnlySpan<PortBinding> Bindings => _bindings;

    /// <summary>With one more, behind those of the same rank: they were first.</summary>
    public BindingTable With(PortBinding binding)
    {
        int index = Array.FindIndex(_bindings, other => other.Address.Order > binding.Address.Order);
        return new BindingTable(index < 0 ? [.. _bindings, binding] : [.. _bindings[..index], binding, .. _bindings[index..]]);
    }

    public BindingTable Without(PortBinding binding) => new([.. _bindings.Where(other => other != binding)]);

    /// <summary>
    /// The first binding that takes the address and any of the client's protocols (L13), and the protocol that its own order prefers.
    /// </summary>
    /// <param name="offered">The client's protocols.</param>
    /// <param name="local">The address that the client came to; none where the system does not tell.</param>
    /// <param name="remote">The client's address.</param>
    /// <param name="binding">The binding.</param>
    /// <param name="protocol">The protocol: a view of the binding's own list.</param>
    public SelectionOutcome Select(
        in ApplicationProtocolList offered, PathAddress local, PathAddress remote, out PortBinding? binding, out ReadOnlySpan<byte> protocol)
    {
        SelectionOutcome outcome = SelectionOutcome.NoAddress;
        ulong wanted = ProtocolNames.SignatureOf(offered.Bytes);
        for (int i = 0; i < _signatures.Length; i++)
        {
            bool mayTake = (_signatures[i] & wanted) != 0;
            if (!mayTake && outcome == SelectionOutcome.NoProtocol)
            {
                continue;
            }

            PortBinding candidate = _bindings[i];
            if (candidate.Entry.IsStopped || !candidate.Address.Takes(local, remote))
            {
                continue;
            }

            if (mayTake && candidate.Protocols.TryChoose(offered.Bytes, out protocol))
            {
                binding = candidate;
                return SelectionOutcome.Found;
            }

            outcome = SelectionOutcome.NoProtocol;
        }

        binding = null;
        protocol = default;
        return outcome;
    }

    /// <summary>Whether anybody listens at an address, or why not.</summary>
    public DropReason CheckDestination(PathAddress local, PathAddress remote)
    {
        DropReason reason = DropReason.NoListener;
        foreach (PortBinding binding in _bindings)
        {
            if (!binding.Entry.IsStopped)
            {
                if (binding.Address.Takes(local, remote))
                {
                    return DropReason.None;
                }

                reason = DropReason.NoAddress;
            }
        }

        return reason;
    }
}
