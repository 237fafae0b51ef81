// Runs the recommender in Pyodide, away from the page. A file is not copied: Emscripten's WORKERFS reads
// the bytes that Python asks for from the File itself, so the library opens it as it would on a disk.
// `read` counts each byte once, however often two commands ask for it.

const HOME = new URL("../../vendor/pyodide/", import.meta.url).href;
const FOLDER = "/files";
let ready;

async function boot(wheel, tell) {
  const failed = watch(tell);
  const packed = fetch(wheel).then((answer) => answer.arrayBuffer());
  packed.catch(() => {}); // told by `failed`
  const { loadPyodide } = await import(`${HOME}pyodide.mjs`);
  const python = await Promise.race([loadPyodide({ indexURL: HOME }), failed]);
  python.unpackArchive(await packed, "wheel");
  python.FS.mkdir(FOLDER);
  const { WORKERFS } = python.FS.filesystems;
  WORKERFS.reader = new Reader(python.FS.ErrnoError);
  return { python, WORKERFS, check: python.pyimport("recommender._page").check };
}

// Pyodide neither tells how far it is nor, where its WebAssembly cannot be fetched, that it gave up. So
// what it fetches is counted on the way, and the promise returned here is rejected where a fetch fails.
// The WebAssembly lies there as .gz, which few hosts would make of it by themselves.
function watch(tell) {
  const original = self.fetch;
  let fetched = 0;
  let fail;
  const failed = new Promise((_, reject) => (fail = reject));
  failed.catch(() => {}); // nobody waits for it any more once all is there
  const body = (answer) => {
    const reader = answer.body.getReader();
    const pull = async (stream) => {
      try {
        const { done, value } = await reader.read();
        if (done) return stream.close();
        fetched += value.length;
        tell({ stage: "fetching", fetched });
        stream.enqueue(value);
      } catch (error) {
        fail(error);
        stream.error(error);
      }
    };
    return new ReadableStream({ pull });
  };
  self.fetch = async (url, ...options) => {
    try {
      const packed = String(url).endsWith(".wasm");
      const answer = await original(packed ? `${url}.gz` : url, ...options);
      if (!answer.ok) throw new Error(`${answer.status} for ${new URL(answer.url).pathname}`);
      if (!packed) return new Response(body(answer), { headers: answer.headers });
      const headers = { "content-type": "application/wasm" };
      return new Response(await inflated(body(answer)), { headers });
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  return failed;
}

// A host may have inflated the file already, having sent it with a Content-Encoding: the bytes tell.
async function inflated(stream) {
  const [first, whole] = stream.tee();
  const reader = first.getReader();
  const { value } = await reader.read();
  reader.cancel();
  const zipped = value?.[0] === 0x1f && value[1] === 0x8b;
  return zipped ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
}

// What WORKERFS takes for a FileReaderSync. A file that cannot be read (a folder, or one that changed
// since it was chosen) is an error of the file, which Python can word, and not the end of the interpreter.
class Reader {
  constructor(ErrnoError) {
    this.sync = new FileReaderSync();
    this.ErrnoError = ErrnoError;
  }

  readAsArrayBuffer(part) {
    try {
      return this.sync.readAsArrayBuffer(part);
    } catch {
      throw new this.ErrnoError(29); // EIO
    }
  }
}

// A file as WORKERFS wants it, with the stretches that were read.
function counted(file) {
  const read = [];
  const slice = (from, to) => {
    const end = Math.min(to, file.size);
    if (end > from) read.push([from, end]);
    return file.slice(from, end);
  };
  return { size: file.size, slice, read };
}

function bytes(stretches) {
  let total = 0;
  let reached = 0;
  for (const [from, to] of stretches.toSorted((a, b) => a[0] - b[0])) {
    total += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return total;
}

// A name as it may stand in a folder; a browser gives none of the others, a script might.
const plain = (name) => name.replace(/[/\0]/g, "_").replace(/^\.{0,2}$/, "file");

function answer({ python, WORKERFS, check }, files, model, tell) {
  const blobs = files.map((file) => ({ name: plain(file.name), data: counted(file) }));
  python.FS.mount(WORKERFS, { blobs }, FOLDER);
  python.FS.chdir(FOLDER);
  try {
    for (const { name, data } of blobs) {
      for (const blob of blobs) blob.data.read.length = 0;
      tell({ stage: "reading", name });
      const began = performance.now();
      const said = JSON.parse(check(name, model));
      const touched = blobs.filter((blob) => blob.data === data || blob.data.read.length);
      const read = touched.reduce((sum, blob) => sum + bytes(blob.data.read), 0);
      const size = touched.reduce((sum, blob) => sum + blob.data.size, 0);
      tell({ stage: "answer", name, ...said, read, size, ms: performance.now() - began });
    }
  } finally {
    python.FS.chdir("/");
    python.FS.unmount(FOLDER);
  }
}

onmessage = async ({ data: { id, files, model, wheel } }) => {
  const tell = (what) => postMessage({ id, ...what });
  try {
    ready ??= boot(wheel, tell);
    answer(await ready, files, model, tell);
    tell({ stage: "done" });
  } catch (error) {
    tell({ stage: "failed", why: String(error?.message ?? error).slice(0, 300) });
  }
};
