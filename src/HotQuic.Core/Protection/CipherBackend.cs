namespace HotQuic.Core.Protection;

/// <summary>Who does the arithmetic of a cipher.</summary>
internal enum CipherBackend : byte
{
    /// <summary>Our vectorised code where the processor has the instructions, the platform's otherwise.</summary>
    Auto,

    /// <summary>System.Security.Cryptography wherever it has the primitive.</summary>
    Platform,
}
