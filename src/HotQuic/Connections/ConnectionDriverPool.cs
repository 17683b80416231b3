using HotQuic.Shards;
using Microsoft.Extensions.ObjectPool;

namespace HotQuic.Connections;

/// <summary>
/// The connection drivers of one shard that wait for their next life, so that a connection costs no new memory. The shard returns them;
/// any thread may rent one, since a client's is made by whoever connects.
/// </summary>
internal sealed class ConnectionDriverPool(Shard shard)
{
    /// <summary>As many as the endpoint keeps of the protocol's side.</summary>
    private const int MaxRetained = 1024;

    private readonly DefaultObjectPool<ConnectionDriver> _free = new(new Policy(shard), MaxRetained);

    /// <summary>One whose life has not begun: for a server's or a client's, see <see cref="ConnectionDriver"/>.</summary>
    public ConnectionDriver Rent() => _free.Get();

    /// <summary>Takes back one that nobody knows by the life that it had, but by handles that its generation keeps out.</summary>
    public void Return(ConnectionDriver driver) => _free.Return(driver);

    private sealed class Policy(Shard shard) : PooledObjectPolicy<ConnectionDriver>
    {
        public override ConnectionDriver Create() => new(shard);

        public override bool Return(ConnectionDriver obj) => true;
    }
}
