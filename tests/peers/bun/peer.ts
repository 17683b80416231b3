// The lsquic peer of the interop tests (Bun's node:quic is lsquic and BoringSSL). Run: bun peer.ts server|client … (see ../README.md)
import { createPrivateKey } from "node:crypto";
import { appendFileSync } from "node:fs";
import { connect, listen } from "node:quic";
import { failed, listening, parseOptions, Report, requestBytes, RequestReader, ResponseReader } from "../common.mjs";

const options = parseOptions(process.argv.slice(2), ["retry", "key-update", "ciphers"]);
const chunkSize = 1 << 16;
const logKeys = (line: any) => appendFileSync(options.keyLog!, line.toString().trimEnd() + "\n");
const tls = {
  ...(options.groups ? { groups: options.groups } : {}),
  ...(options.keyLog ? { keylog: true } : {}),
};

async function* chunks(bytes: Uint8Array) {
  for (let offset = 0; offset < bytes.length; offset += chunkSize) yield bytes.subarray(offset, offset + chunkSize);
}

async function readAll(stream: any, reader: { push(chunk: Uint8Array): void }) {
  for await (const batch of stream) for (const chunk of Array.isArray(batch) ? batch : [batch]) reader.push(chunk);
}

async function answer(stream: any) {
  stream.onerror = () => {};
  const request = new RequestReader();
  await readAll(stream, request);
  const response = request.end();
  if (response === null) stream.destroy();
  else stream.setBody(chunks(response)); // setBody applies backpressure; writer.write() throws when the buffer is full
}

function onSession(session: any) {
  if (options.keyLog) session.onkeylog = logKeys;
  session.onerror = () => {};
  session.closed.then(
    (info: any) => console.log("CLOSED", JSON.stringify(info ?? null)),
    (error: any) => console.log("CLOSED", error.code, error.message));
  session.opened.catch((error: any) => console.log("NOT_OPENED", error.code, error.message));
  session.onstream = (stream: any) => {
    if (stream.direction === "bidi") answer(stream).catch((error) => console.log("STREAM", error.message));
  };
}

async function serve() {
  const endpoint: any = await listen(onSession, {
    endpoint: { address: { address: "127.0.0.1", port: options.port } },
    sni: { "*": { keys: [createPrivateKey(options.file("server.key"))], certs: [Buffer.from(options.file("server.pem"))] } },
    alpn: options.alpn, transportParams: { maxIdleTimeout: 20, initialMaxStreamsBidi: 1000 }, ...tls,
  } as any);
  listening(endpoint.address.port);
}

async function request() {
  const session: any = await connect(`127.0.0.1:${options.port}`, {
    alpn: options.alpn[0], servername: "localhost", ...tls, ...(options.systemRoots ? {} : { ca: [Buffer.from(options.file("ca.pem"))] }),
    ...(options.version ? { version: Number(options.version) } : {}), transportParams: { maxIdleTimeout: 20 },
    ...(options.keyLog ? { onkeylog: logKeys } : {}), onerror: failedWith,
  } as any);
  session.closed.catch(failedWith);
  const opened = await session.opened;
  const report = new Report(options);
  await Promise.all(Array.from({ length: options.streams }, async () => {
    const stream: any = await session.createBidirectionalStream({ body: requestBytes(options) });
    const response = new ResponseReader(options);
    await readAll(stream, response);
    report.add(response);
  }));
  await Promise.race([session.close({ code: 0, type: "application" }), Bun.sleep(500)]); // so that our last acknowledgements leave, too
  report.success({ alpn: opened.protocol ?? opened.alpn, cipher: opened.cipher });
}

function failedWith(error: any) {
  const versionNegotiation = error?.code === "ERR_QUIC_VERSION_NEGOTIATION_ERROR";
  failed(`${error?.code ?? ""} ${error?.message ?? error}`, error?.errorCode, { versionNegotiation });
}

if (options.role === "server") await serve();
else await request().catch(failedWith);
