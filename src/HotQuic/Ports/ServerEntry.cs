using HotQuic.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;

namespace HotQuic.Ports;

/// <summary>
/// What a <see cref="QuicServer"/> stands on, from one start to its stop: calls the handler, and knows when the last call is over. A place is
/// taken by a handshake alone.
/// </summary>
internal sealed class ServerEntry : ListenerEntry
{
    private readonly QuicServerHandler _handler;
    private readonly CallbackQueue _queue;
    private readonly CallbackGate _gate;
    private readonly TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServerEntry(QuicServerHandler handler, CallbackQueue queue, ListenerSettings settings, ListenerCounters counters, HandshakeMemory memory)
        : base(settings, counters, memory)
    {
        _handler = handler;
        _queue = queue;
        _gate = new CallbackGate(_quiet.SetResult);
    }

    /// <summary>Ends after <see cref="Stop"/>, when the last callback is over.</summary>
    public Task Quiet => _quiet.Task;

    public override bool AsksPerAttempt => true;

    public override QuicAddressCheck OnInitial(in AdmissionRequest request)
    {
        if (!_gate.TryEnter())
        {
            return QuicAddressCheck.Drop;
        }

        QuicAddressCheck wish = QuicAddressCheck.Refuse;
        try
        {
            wish = _handler.OnInitial(new QuicInitialInfo(request));
        }
        catch (Exception)
        {
            // The attempt is refused; there is nobody else to tell.
        }
        finally
        {
            _gate.Exit();
        }

        if (wish is QuicAddressCheck.Refuse or QuicAddressCheck.Drop)
        {
            Counters.OnRejected();
        }

        return wish;
    }

    public override void OnClientHello(ConnectionDriver driver, in ClientHelloQuestion question)
    {
        if (!_gate.TryEnter())
        {
            // L25: it stopped just now.
            driver.Refuse(TransportError.FromAlert(TlsAlert.NoApplicationProtocol, "The listener has stopped."));
            return;
        }

        driver.ListenerProtocols = question.Binding.Protocols.Names;
        var attempt = new QuicConnectionAttempt(driver, question);
        try
        {
            _handler.OnConnection(attempt);
        }
        catch (Exception exception)
        {
            driver.OnAttemptFault(attempt.Connection, exception);
        }
        finally
        {
            _gate.Exit();
        }
    }

    public override void OnHandshakeOver(ConnectionDriver driver, bool isComplete)
    {
        base.OnHandshakeOver(driver, isComplete);
        FreePlace();
    }

    public override void Stop()
    {
        base.Stop();
        _gate.Close();
    }

    protected override void OnRetryModeChanged(bool isOn)
    {
        if (_gate.TryEnter())
        {
            // Before anything that stopping queues.
            _queue.Add(() => _handler.OnRetryModeChanged(isOn));
            _gate.Exit();
        }
    }
}
