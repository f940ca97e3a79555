// Loaded into @supabase/lite before it starts.
import { rmSync } from "node:fs";
import { Server } from "node:http";
import { registerHooks } from "node:module";

// GoTrue writes times as RFC 3339. On PostgreSQL lite hands on what the database prints, such as
// "2026-11-24 21:12:09.7+00", which the supabase package for Python refuses.
const printed = /"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00"/g;

const emit = Server.prototype.emit;
Server.prototype.emit = function (event, request, response) {
  if (event === "request" && request.url.startsWith("/auth/v1/")) mendTimes(response);
  return emit.apply(this, arguments);
};

function mendTimes(response) {
  const { writeHead, end } = response;
  const chunks = [];
  let head = [];
  response.writeHead = (...given) => {
    head = given;
    return response;
  };
  response.write = (chunk) => {
    chunks.push(Buffer.from(chunk));
    return true;
  };
  response.end = (chunk) => {
    if (chunk) chunks.push(Buffer.from(chunk));
    const body = Buffer.from(Buffer.concat(chunks).toString().replace(printed, '"$1T$2Z"'));
    const [status = response.statusCode, headers = {}] = head;
    const kept = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "content-length");
    const length = body.length ? [["content-length", body.length]] : [];
    writeHead.call(response, status, Object.fromEntries([...kept, ...length]));
    return end.call(response, body);
  };
}

// PostgREST answers a failed statement with PostgreSQL's own code, message, detail and hint. Lite
// does so for some codes; a CHECK, a serialization failure and a plain RAISE are all "SUP" to it.
const giveUp = 'T(500,"SUP",String(o),null,null)';
const tell = "T(globalThis.statusOf(o.code),o.code,o.message,o.detail??null,o.hint??null)";

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith("/@supabase/lite/dist/index.js")) return loaded;
    const source = loaded.source.toString();
    if (!source.includes(giveUp)) throw new Error(`preload.mjs does not fit this version: ${url}`);
    const mended = `(/^[0-9A-Z]{5}$/.test(o?.code)?${tell}:${giveUp})`;
    return { ...loaded, source: source.replace(giveUp, () => mended) };
  },
});

// PostgREST's table of codes and states, for those that lite has none for.
const serverFaults = /^(09|25|2D|38|39|3B|40|54|57|58|F0|HV|P0|XX)/;
globalThis.statusOf = (code) => {
  if (code.startsWith("08")) return 503;
  return serverFaults.test(code) && code !== "P0001" ? 500 : 400;
};

// The tests hold the other end: when they die, however they die, the server goes with them, and
// its folder, which nobody else would delete.
process.stdin.on("end", () => {
  rmSync(process.cwd(), { recursive: true, force: true });
  process.exit(1);
});
process.stdin.resume();
