// What the chart draws, asked for in states: kept for a while, asked for ahead, and given up when it is no longer wanted.
const MOST_KEPT = 48;

// Parameters on which what is drawn does not depend.
const OTHERS = ["view", "date", "against", "limit", "offset", "format", "pixels"];

export function stateOf(url) {
  const parameters = new URLSearchParams(url.search);
  OTHERS.forEach((name) => parameters.delete(name));
  parameters.sort();
  return String(parameters);
}

export class Source {
  #kept = new Map();
  #current;

  // The address of a document, whose `format` is `plot`, or `part` with the texts that follow the vintage.
  address(url, format, pixels) {
    const found = new URL(url);
    found.hash = "";
    found.searchParams.set("format", format);
    found.searchParams.set("pixels", pixels);
    return String(found);
  }

  // The document of a state that the page asked for before its scripts were there.
  early(url) {
    const link = document.querySelector("link[rel=preload][as=fetch]");
    const address = link && new URL(link.href);
    link?.remove();
    return address && stateOf(address) === stateOf(url) ? String(address) : null;
  }

  async #ask(address, signal) {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`${response.status}`);
    return response.json();
  }

  // The document at an address; one that was asked for before and has not arrived is given up, and then null.
  async get(address) {
    this.abort();
    if (this.#kept.has(address)) return this.#kept.get(address);
    const controller = new AbortController();
    this.#current = controller;
    try {
      return await this.#keep(address, controller);
    } catch (error) {
      if (controller.signal.aborted) return null;
      throw error;
    } finally {
      if (this.#current === controller) this.#current = undefined;
    }
  }

  #keep(address, controller) {
    const found = this.#ask(address, controller.signal);
    this.#kept.set(address, found);
    found.catch(() => this.#kept.delete(address));
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value);
    return found;
  }

  // Ask ahead for a document that will probably be wanted.
  async prepare(address) {
    if (!this.#kept.has(address)) await this.#keep(address, new AbortController()).catch(() => {});
  }

  abort() {
    this.#current?.abort();
    this.#current = undefined;
  }

  forget() {
    this.#kept.clear();
  }
}
