namespace HotQuic.Streams;

/// <summary>A stream of the peer that nobody may accept before something has come on it.</summary>
internal sealed partial class AwaitedStream
{
    private bool _isHeldBack;

    /// <summary>Instead of being offered, the stream waits for data, its end or an abort.</summary>
    public void HoldBack() => _isHeldBack = true;

    private void Offer()
    {
        if (_isHeldBack)
        {
            _isHeldBack = false;

            // There is something to read: whoever accepts the stream finds it shown by its pipe, without asking for it first.
            _ = GetPipeReading(Generation);
            OnAttach();
            Connection.Awaited.Offer(this);
        }
    }

    /// <summary>Nothing will come any more: nobody ever sees it.</summary>
    private void GiveUpIfHeldBack()
    {
        if (_isHeldBack)
        {
            _isHeldBack = false;
            GiveUp();
        }
    }
}
