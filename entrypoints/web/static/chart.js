// <lanner-chart>: in place of the server's picture the same chart to read, drag, move and zoom.
import { Source, stateOf } from "./chart_data.js";
import { cancelShowing, currentAddress, follow, show, writeAddress } from "./navigation.js";
import { Reading } from "./chart_reading.js";
import { Plot } from "./plot.js";

const SETTLED = 400;
const ZOOM = 1.5;
const [PAN, FEWEST] = [0.25, 4];
// A range that is shown finer than that part of its data is asked for anew.
const ENOUGH = 0.75;

class Chart extends HTMLElement {
  #plot;
  #document;
  #range;
  #size;
  #state;
  #source = new Source();
  #reading;
  #loading;
  #timer;
  #row = null;
  #byKeys = false;

  connectedCallback() {
    if (this.dataset.kept !== undefined) return;
    this.dataset.kept = "";
    this.id ||= "plot";
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.setAttribute("aria-roledescription", "chart");
    this.setAttribute("aria-label", this.#title(this.querySelector("title")?.textContent));
    this.#reading = new Reading(this.#layer("readout", { "aria-hidden": "true" }), this.#layer("hidden", { role: "status" }));
    this.words = this.#layer("hidden", { id: `${this.id}-words` });
    this.setAttribute("aria-describedby", this.words.id);
    this.words.textContent = this.querySelector("desc")?.textContent ?? "";
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("pointermove", (event) => this.#touch(event));
    this.addEventListener("pointerleave", () => this.#point(null));
    this.addEventListener("blur", () => this.#point(null));
    this.addEventListener("dblclick", () => this.#go(this.#document?.extent));
    this.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.#resize()).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
    this.state(currentAddress(), { format: "plot" });
  }

  // Take over the picture of a new page.
  adopt(fresh) {
    this.querySelectorAll(":scope > :is(.frame, .still)").forEach((part) => part.remove());
    this.prepend(...fresh.querySelectorAll(":scope > :is(.frame, .still)"));
    this.state(currentAddress(), { format: "plot" });
  }

  // Draw the state of an address; returns its document, or null if another was wanted meanwhile.
  async state(url, { format }) {
    const state = stateOf(url);
    if (state === this.#state) return null;
    let found;
    try {
      found = await this.#source.get((this.#document ? null : this.#source.early(url)) ?? this.#address(url, format));
    } catch {
      // The server's picture says what the page could not draw.
      this.#plot?.remove();
      this.classList.remove("drawn");
      this.classList.add("failed");
      this.#state = undefined;
      return null;
    }
    if (!found) return null;
    this.#state = state;
    this.#loading = undefined;
    this.#draw(found.plot ?? found);
    this.#complete();
    return found;
  }

  prepare(url, { format }) { return this.#source.prepare(this.#address(url, format)); }

  #address(url, format) { return this.#source.address(url, format, this.#pixels); }

  #layer(name, attributes) {
    const layer = document.createElement("div");
    layer.className = name;
    Object.entries(attributes).forEach(([key, value]) => layer.setAttribute(key, value));
    this.append(layer);
    return layer;
  }

  #title(text) { return `${text ?? "Chart"}. Arrow keys read values, plus and minus zoom, comma and full stop move, 0 shows all.`; }

  // What holds the place of the picture; the picture itself is neither laid out nor painted while scripts draw it.
  get #frame() { return [...this.querySelectorAll(":scope > .frame")].find((frame) => frame.getBoundingClientRect().width); }

  get #box() {
    const frame = this.#frame;
    const { width, height } = frame.getBoundingClientRect();
    return { width: Math.round(width), height: Math.round(height), scale: width / frame.viewBox.baseVal.width };
  }

  get #pixels() { return Math.max(100, Math.ceil((this.clientWidth * devicePixelRatio) / 100) * 100); }

  #draw(found) {
    this.#document = found;
    this.#range = found.shown;
    if (!this.#plot) {
      const layer = this.#layer("plot", { "aria-hidden": "true" });
      this.#plot = new Plot(layer, {
        press: (event) => this.#press(event),
        select: (range) => this.#go(range),
        cursor: (row) => this.#cursor(row),
        drawn: () => performance.mark("lanner-chart", { detail: this.#holds(this.#range) }),
      });
      this.#reading.readout.before(layer);
    }
    this.setAttribute("aria-label", this.#title(found.title));
    this.words.textContent = found.description;
    this.#redraw();
  }

  #redraw() {
    if (!this.#document || !this.#frame) return;
    performance.clearMarks("lanner-chart");
    this.#size = this.#box;
    this.#plot.draw(this.#document, this.#range, this.#size);
    this.classList.remove("failed");
    this.classList.add("drawn");
  }

  #resize() {
    if (!this.#plot || !this.#frame || !this.isConnected) return;
    const { width, height } = this.#box;
    if (width !== this.#size?.width || height !== this.#size?.height) this.#redraw();
  }

  // Move or zoom to a range, at once as far as its data are there.
  #go(wanted) {
    if (!wanted) return;
    const { extent, usual } = this.#document;
    const least = Math.min(extent[1] - extent[0], usual * FEWEST);
    const length = Math.max(least, Math.min(wanted[1] - wanted[0], extent[1] - extent[0]));
    const middle = (wanted[0] + wanted[1]) / 2;
    const first = Math.max(extent[0], Math.min(extent[1] - length, middle - length / 2));
    const range = [first, first + length];
    if (range[0] === this.#range[0] && range[1] === this.#range[1]) return;
    this.#range = range;
    cancelShowing();
    clearTimeout(this.#timer);
    performance.clearMarks("lanner-chart");
    this.#plot.range(range);
    follow(this.#addressOf(range));
    this.#state = stateOf(currentAddress());
    this.#complete();
    this.#timer = setTimeout(() => this.#settle(), SETTLED);
  }

  #settle() {
    if (!this.isConnected) return;
    writeAddress();
    show(location.href, { push: false });
  }

  #addressOf([first, last]) {
    const { extent, finest, kept } = this.#document;
    const url = currentAddress();
    url.hash = "";
    const text = (moment, round) => {
      const day = finest >= 86400;
      const seconds = day ? round(moment / 86400) * 86400 : round(moment);
      return new Date(seconds * 1000).toISOString().slice(0, day ? 10 : 19) + (day ? "" : "Z");
    };
    const ends = { start: first > extent[0] ? text(first, Math.ceil) : null, end: last < extent[1] ? text(last, Math.floor) : null };
    // The index keeps its base while the range moves.
    for (const [name, value] of Object.entries(kept)) if (ends.start && !url.searchParams.has(name)) ends[name] = value;
    for (const [name, value] of Object.entries(ends)) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    return url;
  }

  // Whether the data that are there show a range, with so much of its length around it, as finely as its width can.
  #holds([first, last], around = 0) {
    const { sent, extent, exact, pixels, shown } = this.#document;
    const more = (last - first) * around;
    if (sent[0] > Math.max(extent[0], first - more) || sent[1] < Math.min(extent[1], last + more)) return false;
    return exact || (pixels * (last - first)) / (shown[1] - shown[0]) >= ENOUGH * this.#pixels;
  }

  // One request at a time, unless what it brings is no longer of use.
  async #complete() {
    const wanted = this.#range;
    if (this.#holds(wanted, PAN)) return;
    const overlap = this.#loading && Math.min(this.#loading[1], wanted[1]) - Math.max(this.#loading[0], wanted[0]);
    if (this.#loading && overlap > (wanted[1] - wanted[0]) / 2) return;
    this.#loading = wanted;
    let found;
    try {
      found = await this.#source.get(this.#address(this.#addressOf(wanted), "plot"));
    } catch {
      this.#loading = undefined;
      return;
    }
    if (!found || this.#loading !== wanted) return;
    this.#loading = undefined;
    const range = this.#range;
    this.#document = found;
    this.#redraw();
    if (range === this.#range && !this.#holds(range)) this.#complete();
  }

  #zoom(factor, at) {
    const [first, last] = this.#range;
    const middle = at ?? (first + last) / 2;
    this.#go([middle - (middle - first) / factor, middle + (last - middle) / factor]);
  }

  #pan(share) {
    const [first, last] = this.#range;
    this.#go([first + share * (last - first), last + share * (last - first)]);
  }

  #wheel(event) {
    if (!this.#document) return;
    const zooms = event.ctrlKey || event.metaKey;
    const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (!zooms && !event.shiftKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    const { left, width } = this.#plot.bounds;
    const x = event.clientX - this.getBoundingClientRect().left - left;
    if (zooms) this.#zoom(Math.exp(-event.deltaY / 300), this.#plot.moment(x));
    else this.#pan(across / width);
  }

  // With Shift, a press drags the chart instead of a range.
  #press(event) {
    if (!event.shiftKey || event.button || !this.#document) return false;
    const range = this.#range;
    const perPixel = (range[1] - range[0]) / this.#plot.bounds.width;
    this.classList.add("panning");
    const move = ({ clientX }) => {
      const shift = (event.clientX - clientX) * perPixel;
      this.#go([range[0] + shift, range[1] + shift]);
    };
    const drop = () => {
      this.classList.remove("panning");
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", drop);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", drop);
    return true;
  }

  #touch(event) {
    if (event.pointerType === "mouse" || !this.#document) return;
    this.#plot.pointAt(event.clientX - this.getBoundingClientRect().left - this.#plot.bounds.left);
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.#document) return;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    const acts = {
      "+": () => this.#zoom(ZOOM), "=": () => this.#zoom(ZOOM), "-": () => this.#zoom(1 / ZOOM), 0: () => this.#go(this.#document.extent),
      ",": () => this.#pan(-PAN), ".": () => this.#pan(PAN), Escape: () => this.#point(null),
    };
    if (event.key in steps) this.#read(steps[event.key] * (event.shiftKey ? 10 : 1));
    else if (event.key in acts) acts[event.key]();
    else return;
    event.preventDefault();
  }

  // Go so many rows on, within the range.
  #read(steps) {
    const { rows } = this.#plot;
    const [first, last] = this.#range;
    const low = rows.findIndex((moment) => moment >= first);
    const high = rows.findLastIndex((moment) => moment <= last);
    if (low < 0 || high < low) return;
    const from = this.#row ?? high + 1;
    this.#byKeys = true;
    this.#point(Math.max(low, Math.min(high, from + steps)));
    this.#byKeys = false;
    if (this.#row !== null) this.#reading.say(this.#plot, this.#document, this.#row);
  }

  #point(row) {
    this.#plot?.point(row);
    this.#cursor(row);
  }

  #cursor(row) {
    this.#row = row;
    if (row === null) this.#reading.hide();
    else this.#reading.show(this.#plot, this.#document, row);
  }
}

customElements.define("lanner-chart", Chart);
