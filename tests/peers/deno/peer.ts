// The quinn peer of the interop tests (Deno's QUIC is quinn and rustls).
// Run: deno run -A --unstable-net peer.ts server|client … (see ../README.md)
import process from "node:process";
import { failed, listening, parseOptions, Report, requestBytes, RequestReader, ResponseReader } from "../common.mjs";

const options = parseOptions(Deno.args, ["retry", "ciphers", "groups", "key-update", "version", "key-log"]);
const chunkSize = 1 << 16;

async function write(writable: WritableStream<Uint8Array>, bytes: Uint8Array) {
  const writer = writable.getWriter();
  for (let offset = 0; offset < bytes.length; offset += chunkSize) await writer.write(bytes.subarray(offset, offset + chunkSize));
  await writer.close();
}

async function answer(stream: Deno.QuicBidirectionalStream) {
  const request = new RequestReader();
  for await (const chunk of stream.readable) request.push(chunk);
  const response = request.end();
  if (response === null) await stream.writable.abort();
  else await write(stream.writable, response);
}

async function serveConnection(incoming: Deno.QuicIncoming) {
  const connection = await incoming.accept();
  connection.closed.then((info) => console.log("CLOSED", JSON.stringify(info)), (error) => console.log("CLOSED", error.message));
  for await (const stream of connection.incomingBidirectionalStreams) {
    answer(stream).catch((error) => console.log("STREAM", error.message));
  }
}

async function serve() {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: options.port });
  const listener = endpoint.listen({
    cert: options.file("server.pem"), key: options.file("server.key"), alpnProtocols: options.alpn,
    maxIdleTimeout: 20_000, maxConcurrentBidirectionalStreams: 1000,
  });
  listening(endpoint.addr.port);
  for await (const incoming of listener) serveConnection(incoming).catch((error) => console.log("CONNECTION", error.message));
}

async function request() {
  const connection = await Deno.connectQuic({
    hostname: "127.0.0.1", port: options.port, serverName: "localhost", alpnProtocols: options.alpn, maxIdleTimeout: 20_000,
    caCerts: options.systemRoots ? [] : [options.file("ca.pem")],
  });
  const report = new Report(options);
  await Promise.all(Array.from({ length: options.streams }, async () => {
    const stream = await connection.createBidirectionalStream({ waitUntilAvailable: true });
    const response = new ResponseReader(options);
    const written = write(stream.writable, requestBytes(options));
    for await (const chunk of stream.readable) response.push(chunk);
    await written;
    report.add(response);
  }));
  const alpn = connection.protocol;
  connection.close({ closeCode: 0, reason: "" });
  await connection.closed.catch(() => {});
  report.success({ alpn });
}

/** Deno tells a TLS alert only in its message; RFC 9001 §4.8: as a transport error it is 0x100 + the alert. */
function failedWith(error: Error) {
  const alert = /handshake failed: error (\d+)/.exec(error.message);
  failed(error, alert === null ? undefined : 0x100 + Number(alert[1]));
}

process.on("unhandledRejection", (error: Error) => console.log("UNHANDLED", error.message));
if (options.role === "server") await serve();
else await request().catch(failedWith);
