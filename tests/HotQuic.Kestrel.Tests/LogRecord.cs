using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace HotQuic.Kestrel.Tests;

/// <summary>Keeps what is logged, and tells who waits for an event of the transport's.</summary>
internal sealed class LogRecord : ILoggerProvider, ILoggerFactory
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<LogEntry>> _awaited = new();

    public IEnumerable<LogEntry> Entries => _entries;

    /// <summary>What would tell an operator that something is wrong.</summary>
    public IEnumerable<LogEntry> Complaints => _entries.Where(entry => entry.Level >= LogLevel.Warning);

    /// <summary>The first event of that name, past or future.</summary>
    public Task<LogEntry> WaitForAsync(string eventName) => Awaited(eventName).Task.OrFail();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private TaskCompletionSource<LogEntry> Awaited(string eventName) =>
        _awaited.GetOrAdd(eventName, static _ => new TaskCompletionSource<LogEntry>(TaskCreationOptions.RunContinuationsAsynchronously));

    private sealed class Logger(LogRecord record, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var entry = new LogEntry(category, logLevel, eventId, formatter(state, exception), exception);
            record._entries.Enqueue(entry);
            if (category == "HotQuic.Kestrel")
            {
                record.Awaited(eventId.Name!).TrySetResult(entry);
            }
        }
    }
}

/// <summary>One line of a log.</summary>
internal sealed record LogEntry(string Category, LogLevel Level, EventId Event, string Message, Exception? Exception);
