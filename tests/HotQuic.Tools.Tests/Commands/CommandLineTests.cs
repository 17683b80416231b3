using System.Net;
using System.Net.Sockets;

namespace HotQuic.Tools.Tests.Commands;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "perf perf-server load load-agent serve get --version")]
    [InlineData(
        "perf",
        "upload download handshake request latency --seconds --connections --outstanding --request-size --response-size "
        + "--api stream|stream-pool|handler --spin --cipher aes128|aes256|chacha20 --io auto|offload|sockets --shards --server "
        + "--compare --rounds --json")]
    [InlineData("perf-server", "--listen --cert --key --api stream|stream-pool|handler --spin --io --shards")]
    [InlineData(
        "load",
        "FILE --target --http3 --rate --copies --during --warm-up --connections --connect --datagrams --request-size --response-size --alpn --threshold --ca "
        + "--insecure --processes --agents --json --csv --html")]
    [InlineData("load-agent", "--listen --shards HOTQUIC_LOAD_TOKEN")]
    [InlineData("serve", "DIR --listen --alpn --cert --key --retry --keylog --qlog")]
    [InlineData("get", "URL --output --ca --insecure --alpn --cipher --keylog --qlog")]
    public async Task HelpNamesEverything(string command, string words)
    {
        Invocation help = await Invocation.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal(ExitCode.Success, help.ExitCode);
        Assert.Empty(help.Error);
        Assert.All(words.Split(' '), word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("unheard-of")]
    [InlineData("perf sideways")]
    [InlineData("perf --seconds 0")]
    [InlineData("perf --seconds NaN")]
    [InlineData("perf --seconds 1e9")]
    [InlineData("perf --seconds -1")]
    [InlineData("perf --connections 0")]
    [InlineData("perf --connections 1.5")]
    [InlineData("perf --outstanding many")]
    [InlineData("perf --cipher rc4")]
    [InlineData("perf --io fast")]
    [InlineData("perf --api quic")]
    [InlineData("perf --spin -1")]
    [InlineData("perf --spin 1000001")]
    [InlineData("perf --spin latency")]
    [InlineData("perf --udp-payload-limit 1199")]
    [InlineData("perf --server host")]
    [InlineData("perf --server host:0")]
    [InlineData("perf --server ::1:4433")]
    [InlineData("perf --server host:99999")]
    [InlineData("perf --insecure")]
    [InlineData("perf --rounds 3")]
    [InlineData("perf --compare nowhere/hotquic")]
    [InlineData("perf --compare NAME=VALUE --rounds 0")]
    [InlineData("perf-server --listen nowhere:1")]
    [InlineData("perf-server --api quic")]
    [InlineData("perf-server --spin fast")]
    [InlineData("load")]
    [InlineData("load file.yaml --target quic://host:1")]
    [InlineData("load --target http://host:1")]
    [InlineData("load --http3 http://host:1")]
    [InlineData("load --target https://host:1")]
    [InlineData("load --unheard-of")]
    [InlineData("serve --unheard-of")]
    [InlineData("load --http3 https://host:1 --target quic://host:1")]
    [InlineData("load --target quic://host:1 --rate 1 --copies 1")]
    [InlineData("load --target quic://host:1 --during 5")]
    [InlineData("load --target quic://host:1 --connect --datagrams")]
    [InlineData("load --target quic://host:1 --connect --request-size 1")]
    [InlineData("load --target quic://host:1 --datagrams --response-size 1")]
    [InlineData("load --http3 https://host:1 --datagrams")]
    [InlineData("load --http3 https://host:1 --response-size 1")]
    [InlineData("load file.yaml --rate 1")]
    [InlineData("load file.yaml --connections 2 --threshold max<1s")]
    [InlineData("serve")]
    [InlineData("serve . --listen 4433")]
    [InlineData("serve . --cert chain.pem")]
    [InlineData("serve . --key key.pem")]
    [InlineData("serve . --http3 --alpn h3")]
    [InlineData("get")]
    [InlineData("get http://host/file")]
    [InlineData("get host/file")]
    [InlineData("get https://host/a https://other/a")]
    [InlineData("get https://host/a --ca ca.pem --insecure")]
    [InlineData("get https://host/a%2f..")]
    public async Task WhatIsNotUnderstoodIsAUsageErrorInPlainWords(string commandLine)
    {
        Invocation invocation = await Invocation.RunAsync(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Usage, invocation.ExitCode);
        Assert.Empty(invocation.Output);
        Assert.StartsWith("hotquic: ", invocation.Error, StringComparison.Ordinal);
        Assert.Contains("--help", invocation.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", invocation.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve /no/such/directory")]
    [InlineData("serve . --cert /no/such/file --key /no/such/file")]
    [InlineData("get https://127.0.0.1:1/file --ca /no/such/file")]
    [InlineData("perf latency --server 127.0.0.1:1 --ca /no/such/file")]
    [InlineData("perf latency --json /no/such/file")]
    [InlineData("load /no/such/file.yaml")]
    [InlineData("load --target quic://127.0.0.1:1 --html /no/such/file")]
    [InlineData("serve . --listen 127.0.0.1:0 --keylog /no/such/file")]
    [InlineData("get https://127.0.0.1:1/file --keylog /no/such/file")]
    public async Task WhatCannotBeDoneIsAFailureInPlainWords(string commandLine)
    {
        Invocation invocation = await Invocation.RunAsync(commandLine.Split(' '));

        Assert.Equal(ExitCode.Failure, invocation.ExitCode);
        Assert.Contains("/no/such/", invocation.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", invocation.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve", ".", "--alpn", "")]
    [InlineData("get", "https://127.0.0.1:1/file", "--alpn", "")]
    [InlineData("perf", "latency", "--json", "")]
    public async Task AnEmptyNameIsAUsageError(params string[] arguments)
    {
        Invocation invocation = await Invocation.RunAsync(arguments);

        Assert.Equal(ExitCode.Usage, invocation.ExitCode);
        Assert.Contains("--help", invocation.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", invocation.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnApplicationProtocolThatAlpnCannotCarryIsAUsageError()
    {
        Invocation invocation = await Invocation.RunAsync("serve", ".", "--alpn", new string('x', 256));

        Assert.Equal(ExitCode.Usage, invocation.ExitCode);
        Assert.Contains("255 bytes", invocation.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("perf-server")]
    public async Task AnAddressThatIsInUseIsNamed(string command)
    {
        using UdpClient other = new(new IPEndPoint(IPAddress.Loopback, 0));
        string address = other.Client.LocalEndPoint!.ToString()!;
        string[] directory = command == "serve" ? ["."] : [];

        Invocation invocation = await Invocation.RunAsync([command, .. directory, "--listen", address]);

        Assert.Equal(ExitCode.Failure, invocation.ExitCode);
        Assert.StartsWith($"hotquic: cannot listen on {address}: ", invocation.Error, StringComparison.Ordinal);
        Assert.Single(invocation.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task VersionIsOneLine()
    {
        Invocation version = await Invocation.RunAsync("--version");

        Assert.Equal(ExitCode.Success, version.ExitCode);
        Assert.Single(version.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
