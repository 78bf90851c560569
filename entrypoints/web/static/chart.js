// <lanner-chart>: the picture that the server drew, with a cursor that reads values and a range to drag.
import { show } from "./navigation.js";

const SMALLEST_DRAG = 12;

class Chart extends HTMLElement {
  #rows;
  #place = -1;
  #from;

  connectedCallback() {
    if (this.querySelector(".readout")) return;
    this.id ||= "plot";
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.setAttribute("aria-roledescription", "chart");
    this.setAttribute("aria-label", `${this.querySelector("title")?.textContent ?? "Chart"}. Arrow keys read values.`);
    this.cursor = this.#layer("cursor");
    this.readout = this.#layer("readout");
    this.readout.setAttribute("role", "status");
    this.band = this.#layer("drag");
    this.addEventListener("pointermove", (event) => this.#move(event));
    this.addEventListener("pointerleave", () => this.#hide());
    this.addEventListener("blur", () => this.#hide());
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("pointerdown", (event) => this.#grab(event));
    this.addEventListener("pointerup", (event) => this.#drop(event));
    this.addEventListener("pointercancel", () => this.#release());
    this.addEventListener("dblclick", () => this.#range(null, null));
    this.addEventListener("focus", () => this.#load());
  }

  #layer(name) {
    const layer = document.createElement("div");
    layer.className = name;
    layer.hidden = true;
    this.append(layer);
    return layer;
  }

  get #svg() {
    return [...this.querySelectorAll("svg.chart")].find((svg) => svg.clientWidth || svg.getBoundingClientRect().width);
  }

  // Positions of the drawing in pixels of the element.
  #frame() {
    const svg = this.#svg;
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const read = (name) => Number(svg.dataset[name]);
    const [left, right] = [read("left") * scale, read("right") * scale];
    const [first, last] = [read("first"), read("last")];
    return {
      box, top: read("top") * scale, bottom: read("bottom") * scale, left, right,
      x: (seconds) => left + ((seconds - first) / (last - first)) * (right - left),
      seconds: (x) => first + ((x - left) / (right - left)) * (last - first),
    };
  }

  async #load() {
    this.#rows ??= fetch(`${this.dataset.view}&points=4000`)
      .then((response) => (response.ok ? response.json() : { columns: [], data: [] }))
      .then(({ columns, data }) => data.map(([date, ...values]) => ({
        date,
        seconds: Date.parse(date) / 1000,
        values: values.map((value, index) => ({ role: columns[index + 1] === "then" ? "then" : "now", value })),
      })));
    return this.#rows;
  }

  async #move(event) {
    const x = event.clientX - this.getBoundingClientRect().left;
    if (this.#from !== undefined) this.#stretch(x);
    const rows = await this.#load();
    if (!rows.length || !this.isConnected) return;
    const wanted = this.#frame().seconds(x);
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].seconds < wanted) low = middle + 1;
      else high = middle;
    }
    if (low && wanted - rows[low - 1].seconds < rows[low].seconds - wanted) low -= 1;
    this.#show(rows, low);
  }

  async #key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") this.#hide();
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const rows = await this.#load();
    if (!rows.length) return;
    const from = this.#place < 0 ? rows.length : this.#place;
    this.#show(rows, Math.max(0, Math.min(rows.length - 1, from + steps[event.key] * (event.shiftKey ? 10 : 1))));
  }

  #show(rows, place) {
    this.#place = place;
    const row = rows[place];
    const frame = this.#frame();
    const x = frame.x(row.seconds);
    Object.assign(this.cursor.style, { left: `${x}px`, top: `${frame.top}px`, height: `${frame.bottom - frame.top}px` });
    this.readout.replaceChildren(document.createTextNode(this.#period(row.date)));
    for (const { role, value } of row.values) {
      if (value === null && role === "then") continue;
      const key = document.createElement("i");
      key.className = `k ${role}`;
      this.readout.append(document.createElement("br"), key, `${this.#number(value)} ${role === "then" ? "then" : "today"}`);
    }
    this.cursor.hidden = this.readout.hidden = false;
    const width = this.readout.offsetWidth;
    const left = x + width + 14 > frame.box.width ? x - width - 10 : x + 10;
    Object.assign(this.readout.style, { left: `${Math.max(0, left)}px`, top: `${frame.top + 6}px` });
  }

  #number(value) {
    if (value === null) return "–";
    const percent = "percent" in this.dataset;
    const digits = Number(this.dataset.decimals);
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(undefined, options).format(percent ? value * 100 : value) + (percent ? " %" : "");
  }

  #period(date) {
    const [year, month] = date.split("-");
    const moment = new Date(date);
    if (date.includes("T")) return moment.toLocaleString(undefined, { timeZone: "UTC" });
    if (this.dataset.frequency === "annual") return year;
    if (this.dataset.frequency === "quarterly") return `${year} Q${Math.ceil(Number(month) / 3)}`;
    const day = this.dataset.frequency === "monthly" ? {} : { day: "numeric" };
    return moment.toLocaleDateString(undefined, { timeZone: "UTC", year: "numeric", month: "short", ...day });
  }

  #hide() {
    this.cursor.hidden = this.readout.hidden = true;
    this.#place = -1;
  }

  #grab(event) {
    if (event.button || event.pointerType === "touch") return;
    this.#from = event.clientX - this.getBoundingClientRect().left;
    this.setPointerCapture(event.pointerId);
  }

  #stretch(x) {
    const { top, bottom, left, right } = this.#frame();
    const [begin, end] = [Math.min(this.#from, x), Math.max(this.#from, x)].map((each) => Math.max(left, Math.min(right, each)));
    this.band.hidden = end - begin < SMALLEST_DRAG;
    Object.assign(this.band.style, { left: `${begin}px`, width: `${end - begin}px`, top: `${top}px`, height: `${bottom - top}px` });
  }

  #drop(event) {
    const from = this.#from;
    this.#release();
    const to = event.clientX - this.getBoundingClientRect().left;
    if (from === undefined || Math.abs(to - from) < SMALLEST_DRAG) return;
    const frame = this.#frame();
    const day = (x) => new Date(frame.seconds(Math.max(frame.left, Math.min(frame.right, x))) * 1000).toISOString().slice(0, 10);
    this.#range(day(Math.min(from, to)), day(Math.max(from, to)));
  }

  #release() {
    this.#from = undefined;
    this.band.hidden = true;
  }

  #range(start, end) {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries({ start, end })) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    show(url);
  }
}

customElements.define("lanner-chart", Chart);
