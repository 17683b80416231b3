namespace HotQuic.Http3.Tests;

/// <summary>Tests beside which no other may run, since they look at what the whole process keeps.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
