using System.Net.Sockets;

namespace HotQuic.Udp.Linux;

/// <summary>The error numbers that the calls used here give, and what they mean.</summary>
internal static class ErrorNumber
{
    public const int None = 0;
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int WouldBlock = 11;
    public const int NoMemory = 12;
    public const int AccessDenied = 13;
    public const int Invalid = 22;
    public const int TooManyFiles = 23;
    public const int TooManyOpenFiles = 24;
    public const int MessageTooLarge = 90;
    public const int FamilyNotSupported = 97;
    public const int AddressInUse = 98;
    public const int AddressNotAvailable = 99;
    public const int NetworkDown = 100;
    public const int NetworkUnreachable = 101;
    public const int NoBuffers = 105;
    public const int ConnectionRefused = 111;
    public const int HostDown = 112;
    public const int HostUnreachable = 113;

    /// <summary>What a datagram's failure means.</summary>
    public static UdpErrorKind ToKind(int number) => number switch
    {
        None => UdpErrorKind.None,
        MessageTooLarge => UdpErrorKind.MessageTooLarge,
        ConnectionRefused => UdpErrorKind.PortUnreachable,
        HostUnreachable or HostDown => UdpErrorKind.HostUnreachable,
        NetworkUnreachable or NetworkDown => UdpErrorKind.NetworkUnreachable,
        AddressNotAvailable or Invalid => UdpErrorKind.LocalAddressUnavailable,
        NotPermitted or AccessDenied => UdpErrorKind.NotPermitted,
        NoBuffers or NoMemory => UdpErrorKind.NoBuffers,
        _ => UdpErrorKind.Other,
    };

    /// <summary>The exception for a socket that could not be made or bound.</summary>
    public static SocketException ToException(int number) => new((int)(number switch
    {
        AddressInUse => SocketError.AddressAlreadyInUse,
        AddressNotAvailable => SocketError.AddressNotAvailable,
        NotPermitted or AccessDenied => SocketError.AccessDenied,
        FamilyNotSupported => SocketError.AddressFamilyNotSupported,
        TooManyFiles or TooManyOpenFiles => SocketError.TooManyOpenSockets,
        NoBuffers or NoMemory => SocketError.NoBufferSpaceAvailable,
        Invalid => SocketError.InvalidArgument,
        _ => SocketError.SocketError,
    }));
}
