// <file-checker>: what `sweetspot lint` and `sweetspot identify` say of a file that is chosen, dropped on
// the page or pasted. A worker runs them (check/worker.js); this file moves files in and text out. Every
// text is set as text: a file's name and its metadata are a stranger's.

const MOST = 20; // files at a time
const PATIENCE = 180; // seconds without a byte fetched, or until the interpreter stands

class FileChecker extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    this.model = this.querySelector("input[name=model]");
    this.state = this.querySelector(".state");
    this.results = this.querySelector(".results");
    this.id = 0;
    // Or choosing the same file again would be no change.
    this.input.addEventListener("click", () => (this.input.value = ""));
    this.input.addEventListener("change", () => this.ask([...this.input.files]));
    this.model.addEventListener("change", () => this.files && this.ask(this.files));
    this.querySelector(".try").addEventListener("click", () => {
      this.ask([new File([this.dataset.example], "example.json")]);
    });
    this.listening = new AbortController();
    const { signal } = this.listening;
    for (const type of ["dragover", "dragleave", "drop"])
      document.addEventListener(type, (event) => this.drag(event), { signal });
    document.addEventListener("paste", (event) => this.paste(event), { signal });
    // Chosen before this script was there.
    if (this.input.files.length) this.ask([...this.input.files]);
  }

  disconnectedCallback() {
    this.listening.abort();
    this.stop();
  }

  drag(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault(); // or the browser would leave the page and open the file
    this.classList.toggle("over", event.type === "dragover");
    if (event.type !== "drop") return;
    const folders = [...event.dataTransfer.items].some((one) => one.webkitGetAsEntry?.()?.isDirectory);
    if (folders) return this.say("Drop files, not a folder: sweetspot identify FOLDER reads one.");
    this.ask([...event.dataTransfer.files]);
  }

  paste(event) {
    if (event.target.closest?.("input, textarea, [contenteditable]")) return;
    const files = [...event.clipboardData.files];
    const text = event.clipboardData.getData("text/plain");
    if (!files.length && text.trim()) files.push(new File([text], pasted(text)));
    if (!files.length) return;
    event.preventDefault();
    this.ask(files);
  }

  ask(files) {
    if (!files.length) return;
    if (files.length > MOST) return this.say(`At most ${MOST} files at a time; these are ${files.length}.`);
    this.files = files;
    this.results.replaceChildren();
    this.classList.add("asked");
    this.id += 1;
    if (!("Worker" in window) || !("WebAssembly" in window))
      return this.give(`This browser cannot run Python.`);
    this.worker ??= this.start();
    const wheel = new URL(this.dataset.wheel, document.baseURI).href;
    this.worker.postMessage({ id: this.id, files, model: this.model.value.trim(), wheel });
  }

  start() {
    const worker = new Worker(new URL("check/worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => this.hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.give("The reader could not be started.");
    };
    this.await(PATIENCE);
    this.say(this.fetching(0));
    return worker;
  }

  stop() {
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = null;
  }

  // Stops a worker of which nothing more is heard, whatever a file did to it.
  await(seconds) {
    clearTimeout(this.timer);
    const late = () => this.give(`It took more than ${seconds} seconds and was stopped.`);
    this.timer = setTimeout(late, seconds * 1000);
  }

  fetching(bytes) {
    return `Fetching the reader, once: ${(bytes / 1e6).toFixed(1)} of ${this.dataset.megabytes} MB.`;
  }

  hear(said) {
    clearTimeout(this.timer);
    if (said.stage === "fetching") {
      this.await(PATIENCE);
      return this.say(this.fetching(said.fetched));
    }
    if (said.stage === "reading") this.await(Number(this.dataset.seconds));
    if (said.id !== this.id) return; // another file was chosen meanwhile
    if (said.stage === "reading") this.say(`Reading ${said.name} …`);
    if (said.stage === "answer") this.show(said);
    if (said.stage === "failed") this.give(`The reader stopped: ${said.why}.`);
  }

  show({ name, headline, runs, read, size }) {
    const result = make("section", "result");
    result.append(make("p", "name", name), make("p", "headline", headline));
    for (const { command, code, text } of runs) {
      const output = make("pre", code === 2 ? "refused" : "", text.trimEnd());
      output.tabIndex = 0;
      output.setAttribute("role", "region");
      output.setAttribute("aria-label", command);
      result.append(make("p", "command", `$ ${command}`), output);
    }
    this.results.append(result);
    this.say(`Read ${amount(read)} of ${amount(size)}. Nothing left your machine.`, `${name}: ${headline}`);
  }

  // The last word where a file was not checked: the worker is gone, the command line is left.
  give(why) {
    this.stop();
    const names = (this.files ?? []).map((file) => quoted(file.name)).join(" ");
    const command = /\.(safetensors|gguf)('|$)/i.test(names) ? "identify" : "lint";
    this.say(`${why} On the command line: sweetspot ${command} ${names}`);
  }

  say(text, aloud) {
    this.state.replaceChildren(...(aloud ? [make("span", "sr-only", `${aloud} `)] : []), text);
  }
}

function make(tag, name, text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.textContent = text;
  return element;
}

// A pasted workflow or a tool's text, under a name that says which.
const pasted = (text) => (text.trim().startsWith("{") ? "pasted.json" : "pasted.txt");
const quoted = (name) => (/^[\w.+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);

function amount(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let step = 0;
  while (bytes >= 999.5 && step < units.length - 1) {
    bytes /= 1000;
    step += 1;
  }
  return `${bytes < 9.95 && step ? bytes.toFixed(1) : Math.round(bytes)} ${units[step]}`;
}

customElements.define("file-checker", FileChecker);
