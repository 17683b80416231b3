using System.Runtime.CompilerServices;

namespace HotQuic.Core.Tls.Secrets;

/// <summary>Room for one secret inside the object that owns it.</summary>
[InlineArray(HashFunctions.MaxLength)]
internal struct SecretBytes
{
    private byte _first;
}
