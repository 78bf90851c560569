// <lanner-vintages>: a slider over all vintages that snaps to them; the chart follows, and the address with it.
import { cancelShowing, currentAddress, follow, show, writeAddress } from "./navigation.js";

const PAUSE = 260;
const SETTLED = 400;
// So many vintages further on are asked for ahead.
const AHEAD = 2;
const EDGE = 6;

class Vintages extends HTMLElement {
  #wanted;
  #loading = false;
  #timer;
  #playing;
  #moments;
  #numbers;

  connectedCallback() {
    this.#numbers = this.dataset.numbers.split(" ").map(Number);
    this.#moments = this.dataset.moments.split(" ").map(Number);
    this.place = Number(this.dataset.position);
    this.slider = document.createElement("div");
    this.slider.id = "slider";
    this.slider.className = "slider";
    this.slider.tabIndex = 0;
    this.slider.setAttribute("role", "slider");
    this.slider.setAttribute("aria-label", "Vintage");
    this.slider.setAttribute("aria-valuemin", "1");
    this.slider.setAttribute("aria-valuemax", String(this.#numbers.length));
    const strips = [...this.querySelectorAll("svg.strip")];
    strips[0].before(this.slider);
    this.slider.append(...strips);
    this.#name();
    this.slider.addEventListener("keydown", (event) => this.#key(event));
    this.slider.addEventListener("pointerdown", (event) => this.#grab(event));
    this.slider.addEventListener("pointermove", (event) => this.slider.hasPointerCapture(event.pointerId) && this.#point(event));
    this.#connectPlay();
  }

  disconnectedCallback() {
    clearInterval(this.#playing);
  }

  // The words beside the slider, and with them the button, come from the server again and again.
  #connectPlay() {
    const play = this.querySelector(".play");
    play.textContent = this.#playing ? "Pause" : "Play";
    play.setAttribute("aria-pressed", String(Boolean(this.#playing)));
    play.addEventListener("click", () => this.#play());
  }

  #name() {
    const day = new Date(this.#moments[this.place] * 1000);
    const known = day.toLocaleDateString(undefined, { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });
    this.slider.setAttribute("aria-valuenow", String(this.place + 1));
    this.slider.setAttribute("aria-valuetext", `${known}, vintage ${this.place + 1} of ${this.#numbers.length}`);
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const many = event.shiftKey ? 10 : 1;
    const steps = {
      ArrowLeft: -many, ArrowDown: -many, ArrowRight: many, ArrowUp: many, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity,
    };
    if (event.key === " ") this.#play();
    else if (event.key in steps) this.#go(this.place + steps[event.key]);
    else return;
    event.preventDefault();
  }

  #grab(event) {
    if (event.button) return;
    this.slider.setPointerCapture(event.pointerId);
    this.#point(event);
  }

  #point(event) {
    const strip = [...this.slider.querySelectorAll("svg.strip")].find((svg) => svg.getBoundingClientRect().width);
    const box = strip.getBoundingClientRect();
    const width = strip.viewBox.baseVal.width;
    const share = (((event.clientX - box.left) / box.width) * width - EDGE) / (width - 2 * EDGE);
    const [first, last] = [this.#moments[0], this.#moments.at(-1)];
    const wanted = first + share * (last - first);
    const near = this.#moments.reduce((best, moment, place) => (
      Math.abs(moment - wanted) < Math.abs(this.#moments[best] - wanted) ? place : best), 0);
    this.#go(near);
  }

  #play() {
    const playing = Boolean(this.#playing);
    clearInterval(this.#playing);
    this.#playing = undefined;
    if (!playing) {
      if (this.place === this.#numbers.length - 1) this.#go(0);
      this.#playing = setInterval(() => {
        if (this.#loading) return;
        if (this.place >= this.#numbers.length - 1) this.#play();
        else this.#go(this.place + 1);
      }, PAUSE);
    }
    const button = this.querySelector(".play");
    button.textContent = playing ? "Play" : "Pause";
    button.setAttribute("aria-pressed", String(!playing));
  }

  #go(place) {
    const next = Math.max(0, Math.min(this.#numbers.length - 1, place));
    if (next === this.place) return;
    const before = this.place;
    this.place = next;
    this.#name();
    const step = next - before;
    const newest = next === this.#numbers.length - 1;
    for (const handle of this.slider.querySelectorAll(".handle")) {
      const width = handle.ownerSVGElement.viewBox.baseVal.width;
      const [first, last] = [this.#moments[0], this.#moments.at(-1)];
      const x = EDGE + ((this.#moments[next] - first) / (last - first)) * (width - 2 * EDGE);
      handle.setAttribute("d", `M${x.toFixed(1)} 3v26`);
      handle.setAttribute("class", `${newest ? "now" : "then"} handle`);
    }
    cancelShowing();
    clearTimeout(this.#timer);
    this.#follow(next, Math.sign(step) * Math.min(Math.abs(step), 10));
  }

  #address(place) {
    const url = currentAddress();
    url.hash = "";
    url.searchParams.delete("as_of");
    if (place === this.#numbers.length - 1) url.searchParams.delete("vintage");
    else url.searchParams.set("vintage", this.#numbers[place]);
    return url;
  }

  // The chart and the words beside it follow, the rest of the page when the slider rests. One state is asked for at a time: what was
  // wanted while it was on its way is left out but for the newest.
  async #follow(place, step) {
    this.#wanted = { place, step };
    follow(this.#address(place));
    if (this.#loading) return;
    this.#loading = true;
    const chart = document.getElementById("plot");
    while (this.#wanted && this.isConnected) {
      const wanted = this.#wanted;
      this.#wanted = undefined;
      const found = await chart.state(this.#address(wanted.place), { format: "part" });
      if (found && !this.#wanted && this.isConnected) this.#say(found.texts);
      if (!this.#wanted) await this.#prepare(chart, wanted);
    }
    this.#loading = false;
    this.#timer = setTimeout(() => {
      if (this.#playing || !this.isConnected) return;
      writeAddress();
      show(location.href, { push: false });
    }, SETTLED);
  }

  async #prepare(chart, { place, step }) {
    for (let ahead = 1; ahead <= AHEAD && !this.#wanted && this.isConnected; ahead += 1) {
      const next = place + ahead * step;
      if (next >= 0 && next < this.#numbers.length) await chart.prepare(this.#address(next), { format: "part" });
    }
  }

  #say(texts) {
    for (const [name, html] of Object.entries(texts)) {
      const part = document.getElementById(name);
      part?.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    }
    this.#connectPlay();
  }
}

customElements.define("lanner-vintages", Vintages);
