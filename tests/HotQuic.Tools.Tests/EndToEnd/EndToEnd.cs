namespace HotQuic.Tools.Tests.EndToEnd;

/// <summary>Tests with processes and traffic run one after the other, so that they do not starve one another.</summary>
[CollectionDefinition(nameof(EndToEnd), DisableParallelization = true)]
public sealed class EndToEnd;
