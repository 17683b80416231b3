using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EchoService;
using HotQuic;

// Ctrl-C and SIGTERM ask for an orderly end; a second one ends the process at once.
using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

try
{
    switch (args)
    {
        case ["server", string endPoint, string certificatePath, string keyPath]:
            using (X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certificatePath, keyPath))
            {
                await EchoServer.RunAsync(IPEndPoint.Parse(endPoint), certificate, stop.Token);
            }

            return 0;

        case ["client", string host, string port, string authoritiesPath, .. string[] { Length: > 0 } texts]:
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authoritiesPath);
            await EchoClient.RunAsync(new DnsEndPoint(host, int.Parse(port, provider: null)), authorities, texts, stop.Token);
            return 0;

        default:
            Console.Error.WriteLine("EchoService server ADDRESS:PORT CERTIFICATE.pem KEY.pem");
            Console.Error.WriteLine("EchoService client HOST PORT AUTHORITIES.pem TEXT...");
            return 2;
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("interrupted");
    return 1;
}
catch (Exception exception) when (exception is QuicException or AuthenticationException or SocketException or CryptographicException
    or IOException or FormatException or ArgumentException)
{
    // Nobody there, not the server that it should be, refused, gone; or a file or an argument that makes no sense.
    Console.Error.WriteLine(exception.Message);
    return 1;
}

void OnSignal(PosixSignalContext context)
{
    if (!stop.IsCancellationRequested)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}
