using System.Runtime.InteropServices;

namespace HotQuic.Tools;

/// <summary>
/// When a server's command is to end: by Ctrl-C, or, where another process started it, once its standard input has ended, which it does however
/// that process dies; then Ctrl-C is left to that process. Dispose it when the command has ended.
/// </summary>
internal sealed class EndOfInput : IDisposable
{
    private readonly CancellationTokenSource _end;
    private readonly PosixSignalRegistration? _interrupt;

    /// <param name="isAwaited">Whether the end of the input is waited for.</param>
    /// <param name="otherwise">What ends the command where it is not.</param>
    public EndOfInput(bool isAwaited, CancellationToken otherwise)
    {
        if (!isAwaited)
        {
            _end = CancellationTokenSource.CreateLinkedTokenSource(otherwise);
            return;
        }

        _end = new();
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        new Thread(ReadToEnd) { IsBackground = true, Name = "standard input" }.Start();
    }

    /// <summary>Is cancelled at the end.</summary>
    public CancellationToken Token => _end.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt?.Dispose();
        _end.Dispose();
    }

    private void ReadToEnd()
    {
        using Stream input = Console.OpenStandardInput();
        byte[] ignored = new byte[256];
        while (input.Read(ignored) > 0)
        {
        }

        _end.Cancel();
    }
}
