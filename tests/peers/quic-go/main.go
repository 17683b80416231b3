// The quic-go peer of the interop tests: the command line and the protocol are described in ../README.md.
// It is compiled inside a copy of quic-go's own tree (tools/install-test-peers.sh), since the key update interval is internal there.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	quic "github.com/lucas-clemente/quic-go"
	"github.com/lucas-clemente/quic-go/internal/handshake"
	"github.com/lucas-clemente/quic-go/logging"
)

type options struct {
	port, get, put, streams int
	alpn, certs, keyLog     string
	ciphers, groups         string
	version                 string
	keyUpdate               uint64
	retry, systemRoots      bool
}

var cipherSuites = map[string]uint16{
	"TLS_AES_128_GCM_SHA256":       tls.TLS_AES_128_GCM_SHA256,
	"TLS_AES_256_GCM_SHA384":       tls.TLS_AES_256_GCM_SHA384,
	"TLS_CHACHA20_POLY1305_SHA256": tls.TLS_CHACHA20_POLY1305_SHA256,
}

var groups = map[string]tls.CurveID{"X25519": tls.X25519, "P-256": tls.CurveP256, "P-384": tls.CurveP384}

// facts is what the connection's tracer saw.
type facts struct {
	localKeyUpdates, remoteKeyUpdates atomic.Int64
	retry, versionNegotiation         atomic.Bool
}

type tracer struct {
	logging.NullTracer
	facts *facts
}

func (t tracer) TracerForConnection(context.Context, logging.Perspective, logging.ConnectionID) logging.ConnectionTracer {
	return connectionTracer{facts: t.facts}
}

type connectionTracer struct {
	logging.NullConnectionTracer
	facts *facts
}

func (t connectionTracer) UpdatedKey(generation logging.KeyPhase, remote bool) {
	if remote {
		t.facts.remoteKeyUpdates.Add(1)
		say("KEY_UPDATE remote %d", generation)
	} else {
		t.facts.localKeyUpdates.Add(1)
		say("KEY_UPDATE local %d", generation)
	}
}

func (t connectionTracer) ReceivedRetry(*logging.Header) { t.facts.retry.Store(true) }

func (t connectionTracer) ReceivedVersionNegotiationPacket(*logging.Header, []logging.VersionNumber) {
	t.facts.versionNegotiation.Store(true)
}

// say prints one whole line: several goroutines speak.
func say(format string, arguments ...any) { fmt.Fprintf(os.Stdout, format+"\n", arguments...) }

// result prints the client's one RESULT line and ends the process.
func result(fields map[string]any) {
	line, _ := json.Marshal(fields)
	say("RESULT %s", line)
	if fields["ok"] == true {
		os.Exit(0)
	}
	os.Exit(1)
}

func failed(err error) {
	fields := map[string]any{"ok": false, "error": err.Error()}
	var transport *quic.TransportError
	var application *quic.ApplicationError
	var versions *quic.VersionNegotiationError
	if errors.As(err, &transport) {
		fields["code"], fields["remote"] = uint64(transport.ErrorCode), transport.Remote
	} else if errors.As(err, &application) {
		fields["applicationCode"], fields["remote"] = uint64(application.ErrorCode), application.Remote
	} else if errors.As(err, &versions) {
		fields["versionNegotiation"] = true
	}
	result(fields)
}

func must(err error) {
	if err != nil {
		failed(err)
	}
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: quic-go-peer server|client --certs DIR ...")
		os.Exit(2)
	}
	o := parse(os.Args[2:])
	seen := &facts{}
	quicConfig := &quic.Config{
		MaxIdleTimeout:                 20 * time.Second,
		HandshakeIdleTimeout:           5 * time.Second,
		MaxIncomingStreams:             1000,
		InitialStreamReceiveWindow:     1 << 20,
		InitialConnectionReceiveWindow: 1 << 22,
		RequireAddressValidation:       func(net.Addr) bool { return o.retry },
		Tracer:                         tracer{facts: seen},
	}
	if o.version != "" {
		version, err := strconv.ParseUint(strings.TrimPrefix(o.version, "0x"), 16, 32)
		must(err)
		quicConfig.Versions = []quic.VersionNumber{quic.VersionNumber(version)}
	}
	if o.keyUpdate > 0 {
		handshake.KeyUpdateInterval = o.keyUpdate
	}
	if os.Args[1] == "server" {
		serve(o, quicConfig)
	} else {
		request(o, quicConfig, seen)
	}
}

func parse(arguments []string) *options {
	o := &options{}
	set := flag.NewFlagSet("quic-go-peer", flag.ExitOnError)
	set.IntVar(&o.port, "port", 0, "UDP port on 127.0.0.1")
	set.StringVar(&o.alpn, "alpn", "hq-interop", "protocols, comma separated")
	set.StringVar(&o.certs, "certs", ".", "directory with ca.pem, server.pem, server.key")
	set.StringVar(&o.ciphers, "ciphers", "", "cipher suites, colon separated")
	set.StringVar(&o.groups, "groups", "", "key exchange groups, colon separated")
	set.StringVar(&o.keyLog, "key-log", "", "append the secrets to this file")
	set.Uint64Var(&o.keyUpdate, "key-update", 0, "start a key update every N packets")
	set.BoolVar(&o.retry, "retry", false, "server: validate every address with a Retry")
	set.StringVar(&o.version, "version", "", "the only version to speak, in hex")
	set.BoolVar(&o.systemRoots, "system-roots", false, "client: trust the system's roots only")
	set.IntVar(&o.get, "get", 0, "client: bytes to download on each stream")
	set.IntVar(&o.put, "put", 0, "client: bytes to upload on each stream")
	set.IntVar(&o.streams, "streams", 1, "client: parallel streams")
	_ = set.Parse(arguments)
	return o
}

func tlsConfig(o *options) *tls.Config {
	config := &tls.Config{NextProtos: strings.Split(o.alpn, ","), ServerName: "localhost"}
	for _, name := range split(o.ciphers) {
		config.CipherSuites = append(config.CipherSuites, cipherSuites[name])
	}
	for _, name := range split(o.groups) {
		config.CurvePreferences = append(config.CurvePreferences, groups[name])
	}
	if o.keyLog != "" {
		file, err := os.OpenFile(o.keyLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		must(err)
		config.KeyLogWriter = file
	}
	return config
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ":")
}

func serve(o *options, quicConfig *quic.Config) {
	config := tlsConfig(o)
	certificate, err := tls.LoadX509KeyPair(o.certs+"/server.pem", o.certs+"/server.key")
	must(err)
	config.Certificates = []tls.Certificate{certificate}
	listener, err := quic.ListenAddr(fmt.Sprintf("127.0.0.1:%d", o.port), config, quicConfig)
	must(err)
	say("LISTENING %d", listener.Addr().(*net.UDPAddr).Port)
	for {
		connection, err := listener.Accept(context.Background())
		must(err)
		go func() {
			for {
				stream, err := connection.AcceptStream(context.Background())
				if err != nil {
					say("CLOSED %v", err)
					return
				}
				go answer(stream)
			}
		}()
	}
}

func answer(stream quic.Stream) {
	defer stream.Close()
	reader := bufio.NewReaderSize(stream, 1<<16)
	line, err := reader.ReadString('\n')
	if err != nil {
		stream.CancelWrite(1)
		return
	}
	method, target, _ := strings.Cut(strings.TrimSpace(line), " /")
	count, err := strconv.Atoi(target)
	switch {
	case err == nil && method == "GET":
		writePattern(stream, count)
	case err == nil && method == "PUT":
		hash := sha256.New()
		if received, err := io.Copy(hash, reader); err == nil && received == int64(count) {
			fmt.Fprintf(stream, "%x\n", hash.Sum(nil))
		}
	default:
		stream.CancelWrite(1)
	}
}

func writePattern(stream io.Writer, count int) {
	buffer := make([]byte, 1<<16)
	for offset := 0; offset < count; {
		part := buffer[:min(len(buffer), count-offset)]
		for i := range part {
			n := offset + i
			part[i] = byte(n*31 + 7 + (n>>8)*13 + (n>>16)*5)
		}
		if _, err := stream.Write(part); err != nil {
			return
		}
		offset += len(part)
	}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func request(o *options, quicConfig *quic.Config, seen *facts) {
	config := tlsConfig(o)
	if !o.systemRoots {
		pem, err := os.ReadFile(o.certs + "/ca.pem")
		must(err)
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(pem)
	}
	connection, err := quic.DialAddr(fmt.Sprintf("127.0.0.1:%d", o.port), config, quicConfig)
	must(err)
	digests, bytes := fetchAll(o, connection)
	state := connection.ConnectionState().TLS
	_ = connection.CloseWithError(0, "")
	result(map[string]any{
		"ok": true, "alpn": state.NegotiatedProtocol, "cipher": tls.CipherSuiteName(state.CipherSuite), "streams": o.streams, "bytes": bytes,
		"digests": digests, "retry": seen.retry.Load(), "versionNegotiation": seen.versionNegotiation.Load(),
		"localKeyUpdates": seen.localKeyUpdates.Load(), "remoteKeyUpdates": seen.remoteKeyUpdates.Load(),
	})
}

// fetchAll runs the requests in parallel and counts the digests of what was transferred.
func fetchAll(o *options, connection quic.Connection) (map[string]int, int64) {
	var lock sync.Mutex
	var group sync.WaitGroup
	var total int64
	digests := map[string]int{}
	for i := 0; i < o.streams; i++ {
		stream, err := connection.OpenStreamSync(context.Background())
		must(err)
		group.Add(1)
		go func() {
			defer group.Done()
			digest, count := fetch(o, stream)
			lock.Lock()
			defer lock.Unlock()
			digests[digest]++
			total += count
		}()
	}
	group.Wait()
	return digests, total
}

func fetch(o *options, stream quic.Stream) (string, int64) {
	if o.put > 0 {
		fmt.Fprintf(stream, "PUT /%d\r\n", o.put)
		writePattern(stream, o.put)
		must(stream.Close())
		answer, err := io.ReadAll(stream)
		must(err)
		return strings.TrimSpace(string(answer)), int64(o.put)
	}
	fmt.Fprintf(stream, "GET /%d\r\n", o.get)
	must(stream.Close())
	hash := sha256.New()
	count, err := io.Copy(hash, stream)
	must(err)
	return hex.EncodeToString(hash.Sum(nil)), count
}
