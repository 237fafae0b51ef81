// What can go wrong while a picture is drawn, and the one line that a reader gets for it.

const LINES = {
  unsupported:
    "This browser cannot draw here: it lacks WebAssembly with SIMD, module workers or decompression.",
  download: "The download failed.",
  damaged: "The download arrived damaged.",
  memory: "This browser ran out of memory.",
  lost: "The browser ended the drawing in the background.",
  failed: "Drawing failed.",
};

export class Failure extends Error {
  constructor(kind, detail = "") {
    super(detail);
    this.kind = kind;
  }
}

/** Returns what happened as {kind, detail}, which a worker can post. */
export function describe(error) {
  const detail = String(error?.message ?? error);
  if (error instanceof Failure) return { kind: error.kind, detail };
  const memory = error instanceof RangeError || /memory|alloc/i.test(detail);
  return { kind: memory ? "memory" : "failed", detail };
}

/** Returns the line for a failure; the detail follows where there is one that tells more. */
export function line(failure) {
  const { kind, detail } = failure instanceof Error ? describe(failure) : failure;
  const said = LINES[kind] ?? LINES.failed;
  return detail && kind !== "memory" ? `${said} (${detail.slice(0, 120)})` : said;
}
