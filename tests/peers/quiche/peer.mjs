// The quiche peer of the interop tests: quiche's sans-I/O connections (from @matrixai/quic) driven over node:dgram, since
// that package's own server always sends a Retry. Run: node peer.mjs server|client … (see ../README.md); HOTQUIC_PEERS names the folder with node_modules.
import { createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { pathToFileURL } from "node:url";
import { failed, listening, parseOptions, Report, requestBytes, RequestReader, ResponseReader } from "../common.mjs";

const options = parseOptions(process.argv.slice(2), ["ciphers", "groups", "key-update", "version"]);
const { default: quiche } = await import(pathToFileURL(`${process.env.HOTQUIC_PEERS}/node_modules/@matrixai/quic/dist/native/quiche.js`));

const host = "127.0.0.1";
const cidLength = 16;
const window = 1 << 20; // small, so that a fast sender does not overrun the kernel's receive buffer while JavaScript is busy
const packetType = { initial: 0 };
const packetBuffer = Buffer.alloc(65535);
const streamBuffer = Buffer.alloc(1 << 16);

function configuration(server) {
  const pem = name => Buffer.from(options.file(name));
  const config = server
    ? quiche.Config.withBoringSslCtx(false, false, null, [pem("server.key")], [pem("server.pem")], null)
    : quiche.Config.withBoringSslCtx(true, false, options.systemRoots ? null : pem("ca.pem"), null, null, null);
  config.setApplicationProtos(options.alpn);
  config.setMaxIdleTimeout(20_000);
  config.setInitialMaxData(2 * window);
  config.setInitialMaxStreamDataBidiLocal(window);
  config.setInitialMaxStreamDataBidiRemote(window);
  config.setInitialMaxStreamDataUni(window);
  config.setMaxStreamWindow(window);
  config.setMaxConnectionWindow(2 * window);
  config.setInitialMaxStreamsBidi(1000);
  config.setInitialMaxStreamsUni(10);
  config.setMaxRecvUdpPayloadSize(1350);
  config.setMaxSendUdpPayloadSize(1350);
  config.setActiveConnectionIdLimit(4);
  if (options.keyLog) config.logKeys();
  return config;
}

function bind(port) {
  const lookup = (name, _, done) => done(null, name, 4); // it is an address already
  const socket = createSocket({ type: "udp4", lookup, recvBufferSize: 1 << 21, sendBufferSize: 1 << 21 });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, () => resolve(socket));
  });
}

/** One connection: datagrams and timeouts go in, datagrams go out; subclasses say what happens on the streams. */
class Driver {
  #timer;
  #outgoing = new Map();
  closed = new Promise(resolve => { this.onClosed = resolve; });

  constructor(connection, socket, remotePort) {
    Object.assign(this, { connection, socket, remotePort });
    if (options.keyLog) connection.setKeylog(options.keyLog);
  }

  receive(datagram) {
    const path = { from: { host, port: this.remotePort }, to: { host, port: this.socket.address().port } };
    try {
      this.connection.recv(datagram, path);
    } catch (error) {
      console.log("RECV", error.message); // quiche refuses a packet by throwing; the connection itself tells what follows from it
    }
    this.advance();
  }

  /** Queues a stream's bytes, ended by a FIN. */
  send(streamId, bytes) {
    this.#outgoing.set(streamId, { bytes, offset: 0 });
  }

  advance() {
    if (this.connection.isEstablished()) {
      this.onEstablished();
      for (const id of this.connection.readable()) this.#read(id);
      for (const [id, pending] of this.#outgoing) this.#write(id, pending);
    }
    this.flush();
  }

  flush() {
    for (let sent; (sent = this.connection.send(packetBuffer)) !== null;) {
      this.socket.send(Buffer.from(packetBuffer.subarray(0, sent[0])), this.remotePort, host);
    }
    clearTimeout(this.#timer);
    if (this.connection.isClosed()) return this.onClosed();
    const timeout = this.connection.timeout();
    if (timeout !== null) this.#timer = setTimeout(() => { this.connection.onTimeout(); this.advance(); }, timeout + 1);
  }

  #read(id) {
    for (;;) {
      let read;
      try { read = this.connection.streamRecv(id, streamBuffer); } catch { return this.onStreamReset(id); }
      if (read === null) return;
      this.onData(id, streamBuffer.subarray(0, read[0]), read[1]);
      if (read[1]) return;
    }
  }

  #write(id, pending) {
    let written;
    do {
      const rest = pending.bytes.subarray(pending.offset);
      // It throws when there is no stream credit yet, or the peer has stopped the stream.
      try { written = this.connection.streamSend(id, rest, true); } catch { written = null; }
      pending.offset += written ?? 0;
    } while (written > 0 && pending.offset < pending.bytes.length);
    if (written !== null && pending.offset === pending.bytes.length) this.#outgoing.delete(id);
  }
}

class ServerDriver extends Driver {
  #requests = new Map();

  onEstablished() {}
  onStreamReset(id) { this.#requests.delete(id); }

  onData(id, data, fin) {
    if (!this.#requests.has(id)) this.#requests.set(id, new RequestReader());
    const request = this.#requests.get(id);
    request.push(data);
    if (!fin) return;
    this.#requests.delete(id);
    const response = request.end();
    if (response !== null) this.send(id, response);
    else this.connection.streamShutdown(id, 1, 1);
  }
}

class ClientDriver extends Driver {
  #responses = new Map();
  #report = new Report(options);
  #open = 0;

  onEstablished() {
    while (this.#open < options.streams && this.connection.peerStreamsLeftBidi() > 0) {
      const id = 4 * this.#open++;
      this.#responses.set(id, new ResponseReader(options));
      this.send(id, requestBytes(options));
      this.connection.streamSend(id, Buffer.alloc(0), false); // opens the stream, so that the count of streams left goes down
    }
  }

  onStreamReset(id) { failed(`stream ${id} was reset`); }

  onData(id, data, fin) {
    this.#responses.get(id).push(data);
    if (!fin) return;
    this.#report.add(this.#responses.get(id));
    this.#responses.delete(id);
    if (this.#responses.size === 0 && this.#open === options.streams) this.#finish();
  }

  #finish() {
    const alpn = Buffer.from(this.connection.applicationProto()).toString();
    this.connection.close(true, 0, Buffer.alloc(0));
    this.flush();
    this.#report.success({ alpn });
  }
}

/** The server's front door: connection IDs, Version Negotiation, Retry. */
class Server {
  #drivers = new Map();
  #config = configuration(true);
  #secret = randomBytes(32);

  constructor(socket) { this.socket = socket; }

  receive(datagram, remote) {
    let header;
    try { header = quiche.Header.fromSlice(datagram, cidLength); } catch { return; }
    const driver = this.#drivers.get(this.#key(header.dcid)) ?? this.#admit(header, remote);
    driver?.receive(datagram);
  }

  #key(cid) { return Buffer.from(cid).toString("hex"); }

  #admit(header, remote) {
    if (header.ty !== packetType.initial) return null;
    const scid = Buffer.from(header.scid), dcid = Buffer.from(header.dcid), token = Buffer.from(header.token ?? []);
    if (!quiche.versionIsSupported(header.version)) {
      return this.#reply(remote, out => quiche.negotiateVersion(scid, dcid, out));
    }
    const retryScid = randomBytes(cidLength);
    if (options.retry && token.length === 0) {
      return this.#reply(remote, out => quiche.retry(scid, dcid, retryScid, this.#token(dcid, remote), header.version, out));
    }
    const originalDcid = options.retry ? token.subarray(32) : null;
    if (options.retry && !token.equals(this.#token(originalDcid, remote))) return null;
    return this.#accept(options.retry ? dcid : retryScid, dcid, originalDcid, remote);
  }

  #accept(localCid, firstDcid, originalDcid, remote) {
    const local = { host, port: this.socket.address().port };
    const connection = quiche.Connection.accept(localCid, originalDcid, local, { host, port: remote.port }, this.#config);
    const driver = new ServerDriver(connection, this.socket, remote.port);
    for (const cid of [localCid, firstDcid]) this.#drivers.set(this.#key(cid), driver);
    driver.closed.then(() => {
      for (const cid of [localCid, firstDcid]) this.#drivers.delete(this.#key(cid));
      console.log("CLOSED", describe(connection.peerError() ?? connection.localError()));
    });
    return driver;
  }

  #token(originalDcid, remote) {
    return Buffer.concat([createHmac("sha256", this.#secret).update(`${remote.port}`).update(originalDcid).digest(), originalDcid]);
  }

  #reply(remote, build) {
    const length = build(packetBuffer);
    this.socket.send(Buffer.from(packetBuffer.subarray(0, length)), remote.port, remote.address);
    return null;
  }
}

function describe(error) {
  return error ? JSON.stringify({ isApp: error.isApp, code: error.errorCode, reason: Buffer.from(error.reason).toString() }) : "without an error";
}

async function serve() {
  const socket = await bind(options.port);
  const server = new Server(socket);
  socket.on("message", (datagram, remote) => server.receive(datagram, remote));
  listening(socket.address().port);
}

async function request() {
  const socket = await bind(0);
  const local = { host, port: socket.address().port }, remote = { host, port: options.port };
  const connection = quiche.Connection.connect("localhost", randomBytes(cidLength), local, remote, configuration(false));
  const driver = new ClientDriver(connection, socket, options.port);
  socket.on("message", datagram => driver.receive(datagram));
  driver.advance();
  await driver.closed;
  const error = connection.peerError() ?? connection.localError();
  failed(connection.isTimedOut() ? "timed out" : describe(error), error && !error.isApp ? error.errorCode : undefined);
}

await (options.role === "server" ? serve() : request());
