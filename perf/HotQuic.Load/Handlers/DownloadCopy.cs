using System.Diagnostics;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Handlers;

/// <summary>Takes what comes on one stream. An operation is what comes at a time.</summary>
internal sealed class DownloadCopy(LoadCopy copy) : HandlerCopy(copy)
{
    public override void OnOpened(QuicStreamHandle stream) => stream.CompleteWrites();

    public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        Copy.Count(Start, data.Length);
        Start = Stopwatch.GetTimestamp();
        if (Copy.IsOver)
        {
            stream.Abort(QuicAbortDirection.Read, PerfProtocol.NoError);
            End();
        }
        else if (isEnd)
        {
            Fail(LoadCopy.DownloadEnded());
        }

        return data.Length;
    }
}
