using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Ported;

/// <summary>Uses an <see cref="EchoServer"/> in every way that a stream can be used.</summary>
internal sealed class EchoClient : IAsyncDisposable
{
    private readonly QuicConnection _connection;
    private readonly TaskCompletionSource _capacity;

    private EchoClient(QuicConnection connection, TaskCompletionSource capacity)
    {
        _connection = connection;
        _capacity = capacity;
    }

    public static async Task<EchoClient> ConnectAsync(IPEndPoint server, Certificates certificates)
    {
        var capacity = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int bidirectional = 0;
        int unidirectional = 0;
        QuicClientConnectionOptions options = Options(server, certificates);
        options.StreamCapacityCallback = (_, args) =>
        {
            if (Interlocked.Add(ref bidirectional, args.BidirectionalIncrement) >= 8 & Interlocked.Add(ref unidirectional, args.UnidirectionalIncrement) >= 4)
            {
                capacity.TrySetResult();
            }
        };
        return new EchoClient(await QuicConnection.ConnectAsync(options, CancellationToken.None), capacity);
    }

    public static QuicClientConnectionOptions Options(IPEndPoint server, Certificates certificates) => new()
    {
        RemoteEndPoint = new DnsEndPoint("localhost", server.Port, System.Net.Sockets.AddressFamily.InterNetwork),
        LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        DefaultCloseErrorCode = 0x301,
        DefaultStreamErrorCode = 0x302,
        IdleTimeout = TimeSpan.FromSeconds(30),
        KeepAliveInterval = Timeout.InfiniteTimeSpan,
        HandshakeTimeout = TimeSpan.FromSeconds(10),
        MaxInboundBidirectionalStreams = 1,
        MaxInboundUnidirectionalStreams = 2,
        InitialReceiveWindowSizes = new QuicReceiveWindowSizes(),
        ClientAuthenticationOptions = new SslClientAuthenticationOptions
        {
            ApplicationProtocols = [EchoServer.Protocol],
            TargetHost = "localhost",
            ClientCertificates = [certificates.Own],
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = certificates.Policy,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => errors == SslPolicyErrors.None && certificates.IsOwn(certificate),
        },
    };

    public async Task DescribeAsync()
    {
        await _capacity.Task;
        Console.WriteLine($"connected to {_connection.TargetHostName} by {_connection.NegotiatedApplicationProtocol} over {_connection.SslProtocol}");
        Console.WriteLine($"suite {_connection.NegotiatedCipherSuite}, certificate {_connection.RemoteCertificate!.Subject}");
        Console.WriteLine($"from {_connection.LocalEndPoint.Address} to {_connection.RemoteEndPoint.Address}");
        Console.WriteLine($"named {!string.IsNullOrEmpty(_connection.ToString())}");
    }

    public async Task EchoAsync(string text)
    {
        await using QuicStream stream = await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), completeWrites: true);
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        Console.WriteLine($"stream {stream.Id} echoes {await reader.ReadToEndAsync()}");
        await Task.WhenAll(stream.ReadsClosed, stream.WritesClosed);
    }

    public async Task EchoInPartsAsync()
    {
        await using QuicStream stream = await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        byte[] data = new byte[200_000];
        Random.Shared.NextBytes(data);
        Task writing = WriteInPartsAsync(stream, data);
        byte[] received = new byte[data.Length];
        await stream.ReadExactlyAsync(received);
        await writing;
        Console.WriteLine($"{received.Length} bytes are {(received.AsSpan().SequenceEqual(data) ? "equal" : "different")}, then {await stream.ReadAsync(new byte[1])}");
    }

    /// <summary>The blocking and the oldest ways of a stream.</summary>
    public async Task EchoBlockingAsync()
    {
        await using QuicStream stream = await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await Task.Run(() =>
        {
            stream.ReadTimeout = 10_000;
            stream.WriteTimeout = 10_000;
            byte[] buffer = "abcd"u8.ToArray();
            stream.Write(buffer, 0, 2);
            stream.Write(buffer.AsSpan(2, 1));
            stream.WriteByte(buffer[3]);
            stream.Flush();
            stream.ReadExactly(buffer, 0, 3);
            Console.WriteLine($"blocking {Encoding.UTF8.GetString(buffer, 0, 3)}{(char)stream.ReadByte()}");
            stream.EndWrite(stream.BeginWrite(buffer, 0, 1, null, null));
            Console.WriteLine($"begun and ended {stream.EndRead(stream.BeginRead(buffer, 0, 1, null, null))}");
        });
        Console.WriteLine($"can read {stream.CanRead}, write {stream.CanWrite}, seek {stream.CanSeek}, time out {stream.CanTimeout}");
    }

    public async Task SendOneWayAsync()
    {
        await using QuicStream stream = await _connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        Console.WriteLine($"one way: can read {stream.CanRead}, write {stream.CanWrite}");
        await stream.WriteAsync(new byte[1234]);
        stream.CompleteWrites();
        await stream.WritesClosed;
    }

    public async Task ReceiveFromServerAsync()
    {
        await using QuicStream stream = await _connection.AcceptInboundStreamAsync();
        byte[] count = new byte[4];
        await stream.ReadExactlyAsync(count);
        Console.WriteLine($"the server got {BitConverter.ToInt32(count)} bytes, by a stream that is {stream.Type}");
    }

    public async Task AbortAsync()
    {
        await using QuicStream stream = await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[1]);
        stream.Abort(QuicAbortDirection.Write, 0x303);
        try
        {
            while (await stream.ReadAsync(new byte[10]) > 0)
            {
            }
        }
        catch (QuicException exception)
        {
            Console.WriteLine($"{exception.QuicError} with 0x{exception.ApplicationErrorCode:x}");
        }
    }

    public async Task CancelAsync()
    {
        await using QuicStream stream = await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[1]);
        await stream.ReadExactlyAsync(new byte[1]);
        using var source = new CancellationTokenSource();
        ValueTask<int> reading = stream.ReadAsync(new byte[1], source.Token);
        await source.CancelAsync();
        try
        {
            await reading;
        }
        catch (OperationCanceledException exception)
        {
            Console.WriteLine($"cancelled by the caller's token: {exception.CancellationToken == source.Token}");
        }
    }

    public async Task CloseAsync() => await _connection.CloseAsync(0x304);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static async Task WriteInPartsAsync(QuicStream stream, byte[] data)
    {
        for (int offset = 0; offset < data.Length; offset += 10_000)
        {
            await stream.WriteAsync(data.AsMemory(offset, Math.Min(10_000, data.Length - offset)));
        }

        stream.CompleteWrites();
    }
}
