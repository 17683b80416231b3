using System.Runtime.CompilerServices;

namespace HotQuic.Udp.Linux;

/// <summary>
/// The message headers that recvmmsg fills for one <see cref="ReceiveBatch"/>, in pinned memory and pointing into the batch's slab.
/// <see cref="Reset"/> before each call, since the kernel overwrites the lengths.
/// </summary>
internal sealed unsafe class ReceiveHeaders
{
    /// <summary>More than all the control messages that a socket of ours asks for.</summary>
    private const int ControlRoom = 256;

    private readonly BatchedMessageHeader[] _headers;
    private readonly BufferVector[] _buffers;
    private readonly byte[] _names;
    private readonly byte[] _controls;

    public ReceiveHeaders(ReceiveBatch batch)
    {
        int count = batch.Capacity;
        _headers = GC.AllocateArray<BatchedMessageHeader>(count, pinned: true);
        _buffers = GC.AllocateArray<BufferVector>(count, pinned: true);
        _names = GC.AllocateArray<byte>(count * SocketAddressCodec.Room, pinned: true);
        _controls = GC.AllocateArray<byte>(count * ControlRoom, pinned: true);
        for (int i = 0; i < count; i++)
        {
            _buffers[i].Start = Pointer(ref batch.Room(i)[0]);
            _buffers[i].Length = ReceiveBatch.MessageCapacity;
            _headers[i].Header.Name = Pointer(ref _names[i * SocketAddressCodec.Room]);
            _headers[i].Header.Buffers = (BufferVector*)Unsafe.AsPointer(ref _buffers[i]);
            _headers[i].Header.BufferCount = 1;
            _headers[i].Header.Control = Pointer(ref _controls[i * ControlRoom]);
        }
    }

    public int Count => _headers.Length;

    public BatchedMessageHeader* First => (BatchedMessageHeader*)Unsafe.AsPointer(ref _headers[0]);

    public void Reset()
    {
        foreach (ref BatchedMessageHeader header in _headers.AsSpan())
        {
            header.Header.NameLength = SocketAddressCodec.Room;
            header.Header.ControlLength = ControlRoom;
            header.Header.Flags = 0;
        }
    }

    public ref readonly BatchedMessageHeader this[int index] => ref _headers[index];

    public ReadOnlySpan<byte> Name(int index) =>
        _names.AsSpan(index * SocketAddressCodec.Room, (int)Math.Min(_headers[index].Header.NameLength, SocketAddressCodec.Room));

    public ReadOnlySpan<byte> Control(int index) =>
        _controls.AsSpan(index * ControlRoom, (int)Math.Min(_headers[index].Header.ControlLength, ControlRoom));

    private static byte* Pointer(ref byte pinned) => (byte*)Unsafe.AsPointer(ref pinned);
}
