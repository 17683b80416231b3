namespace HotQuic.Http3.Qpack;

/// <summary>Takes the field lines of a section one by one, in their order.</summary>
internal interface IFieldSink
{
    /// <summary>One field line. The spans are good until the call returns; it must not call back into the decoder, nor block.</summary>
    /// <returns>False to stop: the message is malformed, or nobody wants the rest.</returns>
    bool OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);
}
