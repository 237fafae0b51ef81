// Fetches files once: checked against their digest, and kept by the browser under it where the page
// has a secure address. A new digest is a new file, and the old one goes.

import { Failure } from "./failure.js";

const CACHE = "sweetspot-live";

/**
 * Returns a file's bytes, and calls `arrived(n)` for each piece of them.
 *
 * A file is {file, bytes, sha256}, and where it is gzipped also `inflated: {bytes, sha256}`: a host
 * may send it either way.
 */
export async function fetchFile(base, wanted, arrived = () => {}) {
  const url = new URL(wanted.file, base);
  url.searchParams.set("v", wanted.sha256.slice(0, 16));
  const cache = await globalThis.caches?.open(CACHE).catch(() => null);
  const kept = await (await cache?.match(url.href))?.arrayBuffer();
  if (kept && (await matches(kept, wanted))) {
    arrived(wanted.bytes);
    return kept;
  }
  const buffer = await download(url, wanted, arrived);
  if (!(await matches(buffer, wanted))) throw new Failure("damaged", wanted.file);
  if (cache) await keep(cache, url, buffer);
  return buffer;
}

/** Returns the list of all files; what a browser kept of it is asked for anew. */
export async function fetchManifest(url) {
  const response = await fetch(url, { cache: "no-cache" }).catch(() => null);
  const why = response ? `: HTTP ${response.status}` : "";
  if (!response?.ok) throw new Failure("download", `manifest.json${why}`);
  return response.json();
}

async function download(url, { file, bytes, inflated }, arrived) {
  const most = Math.max(bytes, inflated?.bytes ?? 0);
  const pieces = [];
  let got = 0;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Failure("download", `${file}: HTTP ${response.status}`);
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      arrived(Math.max(0, Math.min(value.length, bytes - got)));
      got += value.length;
      pieces.push(value);
      if (got > most) throw new Failure("damaged", file);
    }
  } catch (error) {
    throw error instanceof Failure ? error : new Failure("download", file);
  }
  return new Blob(pieces).arrayBuffer();
}

async function matches(buffer, { sha256, inflated }) {
  // Without a secure address the browser has neither digests nor a cache to spoil.
  if (!globalThis.crypto?.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  const found = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return found === sha256 || found === inflated?.sha256;
}

async function keep(cache, url, buffer) {
  try {
    for (const old of await cache.keys()) {
      const { pathname, href } = new URL(old.url);
      if (pathname === url.pathname && href !== url.href) await cache.delete(old);
    }
    await cache.put(url.href, new Response(buffer));
  } catch {
    // A full disk or a private window: it is fetched again next time.
  }
}

/** Returns bytes, inflated where they are gzipped. */
export async function inflate(buffer) {
  const [first, second] = new Uint8Array(buffer, 0, 2);
  if (first !== 0x1f || second !== 0x8b) return buffer;
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
