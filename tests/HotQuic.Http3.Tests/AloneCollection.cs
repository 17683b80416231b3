namespace HotQuic.Http3.Tests;

/// <summary>Tests that measure the process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
