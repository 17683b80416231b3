// What the JavaScript peers (Deno, Bun, Node) share: the command line, the pattern, the protocol's lines and the report. See README.md.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** Parses the common command line; options named in `unsupported` end the program, since the stack could not honour them. */
export function parseOptions(argv, unsupported) {
  const text = { type: "string" }, flag = { type: "boolean" };
  const { values, positionals } = parseArgs({
    args: argv, allowPositionals: true,
    options: {
      port: { ...text, default: "0" }, certs: { ...text, default: "." }, alpn: { ...text, default: "hq-interop" },
      streams: { ...text, default: "1" }, get: text, put: text, ciphers: text, groups: text, "key-log": text, "key-update": text,
      version: text, retry: flag, "system-roots": flag,
    },
  });
  const role = positionals[0];
  if (role !== "server" && role !== "client") usage("the first argument is server or client");
  for (const name of unsupported) if (values[name] !== undefined) usage(`this stack has no --${name}`);
  return {
    ...values, role, port: Number(values.port), alpn: values.alpn.split(","), streams: Number(values.streams),
    get: Number(values.get ?? 0), put: Number(values.put ?? 0), keyLog: values["key-log"], systemRoots: values["system-roots"],
    file: name => readFileSync(`${values.certs}/${name}`, "utf8"),
  };
}

function usage(message) {
  console.error(message);
  process.exit(2);
}

let longest = new Uint8Array(0);

/** The first `count` bytes of the test pattern. */
export function pattern(count) {
  if (longest.length < count) {
    longest = new Uint8Array(count);
    for (let i = 0; i < count; i++) longest[i] = 31 * i + 7 + 13 * (i >> 8) + 5 * (i >> 16);
  }
  return longest.subarray(0, count);
}

/** What a client sends on a stream: its request line, and for an upload the body. */
export function requestBytes(options) {
  const line = Buffer.from(options.put > 0 ? `PUT /${options.put}\r\n` : `GET /${options.get}\r\n`);
  return options.put > 0 ? Buffer.concat([line, pattern(options.put)]) : line;
}

/** A client's reading of a response: the digest of a download, or the server's digest of the upload. */
export class ResponseReader {
  #hash = createHash("sha256");
  #text = "";
  count = 0;

  constructor(options) { this.options = options; }

  push(chunk) {
    if (this.options.put > 0) this.#text += Buffer.from(chunk).toString("latin1");
    else this.#hash.update(chunk);
    this.count += chunk.length;
  }

  end() {
    return this.options.put > 0 ? this.#text.trim() : this.#hash.digest("hex");
  }
}

/** A server's reading of a request. Push what arrives; end(), at the FIN, gives the response, or null for a malformed request. */
export class RequestReader {
  #hash = createHash("sha256");
  #head = Buffer.alloc(0);
  #request = null;
  #received = 0;

  push(chunk) {
    if (this.#request === null) {
      this.#head = Buffer.concat([this.#head, chunk]);
      const end = this.#head.indexOf("\r\n");
      if (end < 0) return;
      this.#request = /^(GET|PUT) \/(\d+)$/.exec(this.#head.subarray(0, end).toString("latin1")) ?? [];
      chunk = this.#head.subarray(end + 2);
    }
    this.#received += chunk.length;
    this.#hash.update(chunk);
  }

  end() {
    const [, method, count] = this.#request ?? [];
    if (method === "GET") return pattern(Number(count));
    if (method === "PUT" && this.#received === Number(count)) return Buffer.from(this.#hash.digest("hex") + "\n");
    return null;
  }
}

/** Collects the streams' digests for the RESULT line. */
export class Report {
  digests = {};
  bytes = 0;

  constructor(options) { this.options = options; }

  add(response) {
    const digest = response.end();
    this.digests[digest] = (this.digests[digest] ?? 0) + 1;
    this.bytes += this.options.put > 0 ? this.options.put : response.count;
  }

  success(facts) {
    result({ ok: true, streams: this.options.streams, bytes: this.bytes, digests: this.digests, ...facts });
  }
}

export function listening(port) {
  console.log(`LISTENING ${port}`);
}

/** Prints the client's one result line and ends the process. */
export function result(fields) {
  const line = `RESULT ${JSON.stringify(fields, (_, value) => typeof value === "bigint" ? Number(value) : value)}\n`;
  process.stdout.write(line, () => process.exit(fields.ok ? 0 : 1));
}

export function failed(error, code, facts = {}) {
  result({ ok: false, error: `${error?.message ?? error}`, ...(code === undefined ? {} : { code: Number(code) }), ...facts });
}
