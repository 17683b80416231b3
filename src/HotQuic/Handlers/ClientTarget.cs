using System.Net;
using HotQuic.Handshakes;

namespace HotQuic.Handlers;

/// <summary>What a client's connection is to be made with, and where to.</summary>
internal sealed record ClientTarget(ClientAttempt Attempt, IPEndPoint Remote);
