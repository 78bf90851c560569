// <lanner-table>: a long table whose rows are asked for while it is scrolled; without scripts, links lead from page to page.
const KEPT = 24;

class Table extends HTMLElement {
  #chunks = new Map();
  #asked = new Set();
  #height;
  #drawn = "";

  connectedCallback() {
    const read = (name) => Number(this.dataset[name]);
    [this.count, this.size, this.first] = [read("count"), read("limit"), read("offset")];
    this.body = this.querySelector("[aria-rowcount] tbody");
    this.view = this.body?.closest(".scroll");
    const rows = [...(this.body?.rows ?? [])];
    if (!rows.length || this.count <= rows.length) return;
    if (this.first % this.size) this.classList.add("paged");
    else this.#begin(rows);
  }

  // Once it is nearly in view: to measure rows any earlier would lay out what nobody may look at.
  #begin(rows) {
    const near = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      near.disconnect();
      this.#scrollable(rows);
    }, { rootMargin: "600px" });
    near.observe(this);
  }

  #scrollable(rows) {
    this.#height = this.body.getBoundingClientRect().height / rows.length;
    if (!this.#height) return;
    this.#chunks.set(this.first / this.size, rows);
    this.view.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.#draw(this.first);
    this.view.scrollTop = this.first * this.#height;
  }

  // Draws the rows in view and those around them; what is not here yet leaves its place empty.
  #draw(top = Math.floor(this.view.scrollTop / this.#height)) {
    const last = Math.ceil(this.count / this.size) - 1;
    const rows = Math.ceil(this.view.clientHeight / this.#height);
    const from = Math.max(0, Math.floor((top - rows) / this.size));
    const to = Math.min(last, Math.floor((top + 2 * rows) / this.size));
    const here = [];
    for (let chunk = from; chunk <= to; chunk += 1) {
      if (this.#chunks.has(chunk)) here.push(chunk);
      else this.#ask(chunk);
    }
    if (here.join() === this.#drawn) return;
    this.#drawn = here.join();
    const parts = [];
    let next = 0;
    for (const chunk of here) {
      parts.push(this.#gap(chunk * this.size - next), ...this.#chunks.get(chunk));
      next = Math.min(this.count, (chunk + 1) * this.size);
    }
    parts.push(this.#gap(this.count - next));
    const { scrollTop } = this.view;
    this.body.replaceChildren(...parts.filter(Boolean));
    this.view.scrollTop = scrollTop;
  }

  #gap(rows) {
    if (!rows) return null;
    const row = document.createElement("tr");
    row.className = "gap";
    row.setAttribute("aria-hidden", "true");
    const cell = row.insertCell();
    cell.colSpan = 9;
    cell.style.height = `${rows * this.#height}px`;
    return row;
  }

  async #ask(chunk) {
    if (this.#asked.has(chunk)) return;
    this.#asked.add(chunk);
    try {
      const url = new URL(this.dataset.rows, location.href);
      url.searchParams.set("limit", this.size);
      url.searchParams.set("offset", chunk * this.size);
      const response = await fetch(url, { headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(`${response.status}`);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.#chunks.set(chunk, [...page.querySelectorAll("tbody tr")].map((row) => document.adoptNode(row)));
      if (this.#chunks.size > KEPT) this.#chunks.delete(this.#chunks.keys().next().value);
      if (this.isConnected) this.#draw();
    } catch {
      // The links from page to page still work.
      this.classList.add("paged");
    } finally {
      this.#asked.delete(chunk);
    }
  }
}

customElements.define("lanner-table", Table);
