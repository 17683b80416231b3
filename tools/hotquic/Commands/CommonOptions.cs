using System.CommandLine;
using System.Net;
using HotQuic.Load.Transport;
using HotQuic.Tools.Hq;

namespace HotQuic.Tools.Commands;

/// <summary>Options that several commands have, each made in one place so that it is called and explained alike everywhere.</summary>
internal static class CommonOptions
{
    private const int MostShards = 64;
    private const int DefaultSpinMicroseconds = 100;
    private const int MostSpinMicroseconds = 1_000_000;
    private const int SmallestUdpPayload = 1200;
    private const int LargestUdpPayload = 65507;

    public static Option<string?> Cipher(string? defaultValue = null) => new Option<string?>("--cipher")
    {
        Description = $"The cipher suite to insist on (default: {defaultValue ?? "what both sides prefer"}).",
        HelpName = string.Join('|', CipherChoice.Names),
    }.OneOf(CipherChoice.Names);

    public static Option<string?> Io() => new Option<string?>("--io")
    {
        Description = "How datagrams are moved: by Linux's batches and segmentation offload, or through System.Net.Sockets (default: auto).",
        HelpName = string.Join('|', IoModes.Names),
    }.OneOf(IoModes.Names);

    public static Option<int?> Shards() => new("--shards")
    {
        Description = "Threads that drive connections, in each process (default: one a processor).",
        HelpName = "N",
        CustomParser = Parsing.Whole(1, MostShards),
    };

    public static Option<string?> Api(string description) => new Option<string?>("--api")
    {
        Description = description,
        HelpName = string.Join('|', ApiChoice.Names),
    }.OneOf(ApiChoice.Names);

    public static Option<int?> Spin() => new("--spin")
    {
        Description = "How long a thread that drives connections looks for more work before it sleeps, in each process: short latency for "
            + $"processor time (default: up to {DefaultSpinMicroseconds} while the machine has processors to spare; without a number: "
            + $"{DefaultSpinMicroseconds} in any case; 0: not at all).",
        HelpName = "MICROSECONDS",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = Parsing.OptionalWhole(0, MostSpinMicroseconds, DefaultSpinMicroseconds),
    };

    public static Option<int?> UdpPayloadLimit() => new("--udp-payload-limit")
    {
        Description = "The largest UDP payload to send, in bytes (default: 1452).",
        HelpName = "B",
        CustomParser = Parsing.Whole(SmallestUdpPayload, LargestUdpPayload),
    };

    public static Option<IPEndPoint?> Listen(IPEndPoint defaultValue) => new("--listen")
    {
        Description = $"Where to listen; port 0 lets the system choose (default: {defaultValue}).",
        HelpName = "ADDR:PORT",
        CustomParser = Parsing.ListenEndPoint,
    };

    public static Option<FileInfo?> Certificate() => new("--cert")
    {
        Description = "The certificate chain in PEM, the server's own certificate first (default: a self-signed one, made now).",
        HelpName = "chain.pem",
    };

    public static Option<FileInfo?> Key() => new("--key")
    {
        Description = "The certificate's private key in PEM.",
        HelpName = "key.pem",
    };

    public static Option<FileInfo?> Authorities() => new("--ca")
    {
        Description = "Trust the certificates in this PEM file, and no others (default: those that the system trusts).",
        HelpName = "FILE",
    };

    public static Option<bool> Insecure() => new("--insecure")
    {
        Description = "Take any certificate: the server may be anyone.",
    };

    public static Option<string> ApplicationProtocol() => new("--alpn")
    {
        Description = "The application protocol's name in the TLS handshake.",
        HelpName = "NAME",
        DefaultValueFactory = _ => HqProtocol.ApplicationProtocol,
        CustomParser = Parsing.ApplicationProtocol,
    };

    public static Option<bool> UntilInputEnds() => new("--until-stdin-ends")
    {
        Description = "End when standard input ends, and leave Ctrl-C to whoever started this.",
    };

    public static Option<FileInfo?> KeyLog() => new("--keylog")
    {
        Description = "Append the secrets of the connections to this file, for a packet analyser. Whoever reads it reads the traffic.",
        HelpName = "FILE",
    };

    public static Option<DirectoryInfo?> Qlog() => new("--qlog")
    {
        Description = "Write a qlog file for each connection to this directory.",
        HelpName = "DIR",
    };

    private static Option<T> OneOf<T>(this Option<T> option, string[] values)
    {
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
