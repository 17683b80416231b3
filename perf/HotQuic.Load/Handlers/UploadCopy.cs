using System.Diagnostics;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Handlers;

/// <summary>Keeps the send buffer of one stream full. An operation is so many bytes as an awaited write has.</summary>
internal sealed class UploadCopy(LoadCopy copy) : HandlerCopy(copy)
{
    private int _unsent = Content.Length;

    public override void OnOpened(QuicStreamHandle stream) => Fill(stream);

    public override void OnWritable(QuicStreamHandle stream) => Fill(stream);

    private void Fill(QuicStreamHandle stream)
    {
        while (!Copy.IsOver)
        {
            _unsent -= stream.Write(Content.AsSpan(Content.Length - _unsent));
            if (_unsent > 0)
            {
                // The rest follows when there is room: OnWritable.
                return;
            }

            Copy.Count(Start, Content.Length);
            Start = Stopwatch.GetTimestamp();
            _unsent = Content.Length;
        }

        stream.Abort(QuicAbortDirection.Both, PerfProtocol.NoError);
        End();
    }
}
