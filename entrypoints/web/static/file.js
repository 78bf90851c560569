// Dropping a file: it is sent again with each change of an option. On the home page a file may be dropped anywhere.
const PAUSE = 400;

async function send(action, body) {
  const response = await fetch(action, { method: "POST", body, headers: { Accept: "text/html" } });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

class FilePreview extends HTMLElement {
  #timer;
  #turn = 0;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.input = this.form.elements.file;
    this.querySelector("#drop-hint").hidden = false;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#answer(event.submitter); this.#read(); });
    this.form.addEventListener("change", () => this.#soon(0));
    this.form.addEventListener("input", () => this.#soon(PAUSE));
  }

  take(file) {
    const transfer = new DataTransfer();
    transfer.items.add(file);
    this.input.files = transfer.files;
  }

  drop(file) {
    this.take(file);
    this.#read();
  }

  // A button that says what the cell in question means sets an option.
  #answer(button) {
    if (button?.name !== "answer") return;
    const [option, ...value] = button.value.split("=");
    this.form.elements[option].value = value.join("=");
  }

  #soon(pause) {
    clearTimeout(this.#timer);
    if (this.input.files.length) this.#timer = setTimeout(() => this.#read(), pause);
  }

  #say(text) {
    const problem = this.querySelector("#file-problem");
    problem.textContent = text;
    problem.hidden = !text;
  }

  async #read() {
    clearTimeout(this.#timer);
    const [file] = this.input.files;
    if (!file) return;
    const mine = ++this.#turn;
    if (file.size > Number(this.dataset.most)) {
      this.#say("The file is too large. Its first rows are enough to see how it is read.");
      return;
    }
    let page;
    try {
      page = await send(this.form.action, new FormData(this.form));
    } catch {
      this.#say("The file could not be sent: it changed or is gone, or the service does not answer. Choose it again.");
      return;
    }
    if (mine !== this.#turn) return;
    const fresh = page.getElementById("reading");
    this.#say(fresh ? "" : page.querySelector("main .big")?.textContent ?? "The file could not be read.");
    if (!fresh) return;
    this.querySelector("#reading").replaceWith(fresh);
    document.title = page.title;
    document.querySelector("h1").textContent = page.querySelector("h1").textContent;
    for (const label of this.querySelectorAll("[data-option]")) {
      label.className = page.getElementById(label.id)?.className ?? "";
      if (label.className && !fresh.querySelector("[name=answer]")) label.closest("details").open = true;
    }
  }
}

customElements.define("lanner-file", FilePreview);

// A file that is dropped on a page with another content: the page of the file takes its place.
async function open(action, file) {
  const body = new FormData();
  body.set("file", file);
  const page = await send(action, body);
  history.pushState(null, "", action);
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.querySelector("lanner-file")?.take(file);
  addEventListener("popstate", () => location.reload());
}

const hasFile = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragover", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  document.body.classList.remove("dropping");
  const [file] = event.dataTransfer.files;
  const preview = document.querySelector("lanner-file");
  const place = document.querySelector("[data-drop]");
  if (!file) return;
  if (preview) preview.drop(file);
  else if (place) open(place.href, file).catch(() => location.assign(place.href));
});
