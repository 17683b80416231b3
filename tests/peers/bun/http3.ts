// An HTTP/3 server on Bun (lsquic and BoringSSL), for the tests of HotQuic.Http3. Run: bun http3.ts CERTS (prints LISTENING port)
//   GET /bytes/N     N bytes of the pattern           POST /digest   the SHA-256 of the body, in hex
//   GET /slow        content that never ends          POST /echo     the body, as it comes
//   GET /stop        answers, then the server goes away when all requests are done
import { createHash } from "node:crypto";
import { pattern } from "../common.mjs";

const certs = process.argv[2];

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/bytes/")) return new Response(pattern(Number(pathname.slice(7))), { headers: { "x-peer": "bun" } });
  if (pathname === "/echo") return new Response(request.body);
  if (pathname === "/digest") {
    const hash = createHash("sha256");
    if (request.body) for await (const chunk of request.body) hash.update(chunk);
    return new Response(hash.digest("hex"));
  }
  if (pathname === "/slow") {
    return new Response(new ReadableStream({ async pull(controller) { controller.enqueue(pattern(1000)); await Bun.sleep(5); } }));
  }
  if (pathname === "/stop") {
    setTimeout(() => server.stop(), 0);
    return new Response("stopping");
  }
  return new Response("not found", { status: 404 });
}

const server = Bun.serve({
  port: 0, hostname: "127.0.0.1", http3: true, http1: false, idleTimeout: 30, fetch: answer, maxRequestBodySize: 1 << 30,
  tls: { cert: Bun.file(`${certs}/server.pem`), key: Bun.file(`${certs}/server.key`) },
} as any);
console.log("LISTENING", server.port);
