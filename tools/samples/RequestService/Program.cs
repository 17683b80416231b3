using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic;
using RequestService;

// Ctrl-C and SIGTERM ask for an orderly end; a second one ends the process at once.
using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

try
{
    switch (args)
    {
        case ["server", string endPoint, string certificateDirectory]:
            await CounterServer.RunAsync(IPEndPoint.Parse(endPoint), new Certificates(certificateDirectory), stop.Token);
            return 0;

        case ["client", string endPoint, string host, string authoritiesPath, string counter, string delta, string requests]:
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authoritiesPath);
            var job = new CounterJob(
                ushort.Parse(counter, CultureInfo.InvariantCulture), long.Parse(delta, CultureInfo.InvariantCulture),
                int.Parse(requests, CultureInfo.InvariantCulture));
            Console.WriteLine(await CounterClient.RunAsync(IPEndPoint.Parse(endPoint), host, authorities, job, stop.Token));
            return 0;

        default:
            Console.Error.WriteLine("RequestService server ADDRESS:PORT CERTIFICATES      a directory with NAME.pem and NAME.key of each host");
            Console.Error.WriteLine("RequestService client ADDRESS:PORT HOST AUTHORITIES.pem COUNTER DELTA REQUESTS");
            return 2;
    }
}
catch (Exception exception) when (exception is QuicException or AuthenticationException or SocketException or CryptographicException
    or IOException or FormatException or OverflowException or ArgumentException)
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
