// <lanner-search>: each provider is searched, two at a time; its hits come below, and why one did not answer into one line. Keys go
// through all hits.
const AT_ONCE = 2;
const TRIES = 20;
const DOTS = { ok: "ok", waiting: "late" };
const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, 1000 * seconds); });
const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

customElements.define("lanner-search", class extends HTMLElement {
  connectedCallback() {
    if (this.waiting) return;
    this.waiting = [...this.querySelectorAll("[data-status=not_asked]")];
    this.status = this.querySelector("[role=status]");
    this.silent = this.querySelector(".silent");
    this.counts = { asked: this.waiting.length, answered: 0 };
    if (!this.waiting.length) return;
    this.say();
    for (let turn = 0; turn < AT_ONCE; turn += 1) this.work();
  }

  say() {
    const found = this.querySelectorAll(".groups .hit").length;
    const dot = document.createElement("i");
    dot.className = `dot ${this.counts.answered < this.counts.asked ? "busy" : "ok"}`;
    const silent = this.silent.querySelectorAll(".group").length;
    this.status.replaceChildren(dot, `${this.counts.answered} of ${counted(this.counts.asked, "provider")} asked, ${found} found.`);
    this.silent.querySelector("summary").textContent = `${counted(silent, "provider")} did not answer`;
  }

  async work() {
    while (this.waiting.length && this.isConnected) {
      const place = this.waiting.shift();
      place.querySelector(".dot").className = "dot busy";
      const group = await this.ask(place).catch((error) => this.refused(place, error));
      this.put(place, group);
      this.counts.answered += 1;
      this.say();
    }
  }

  async ask({ dataset: { address } }) {
    const part = new URL(address, location.href);
    part.searchParams.set("format", "part");
    for (let tries = 1; ; tries += 1) {
      const response = await fetch(part, { headers: { Accept: "text/html, application/problem+json" } });
      if (response.status === 200) return new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".group");
      if (response.status !== 202) throw new Error((await response.json()).detail);
      if (tries === TRIES) throw new Error("Other searches take too long.");
      await pause(Number(response.headers.get("Retry-After")) || 1);
    }
  }

  put(place, group) {
    const { status } = group.dataset;
    place.dataset.status = status;
    place.querySelector(".dot").className = `dot ${DOTS[status] ?? "bad"}`;
    if (status !== "ok") this.silent.append(group);
    else place.querySelector("b").textContent = group.querySelector(".count").textContent.split(" ")[0];
    if (group.querySelector(".hit")) this.querySelector(".groups").append(group);
  }

  refused(place, error) {
    const group = Object.assign(document.createElement("section"), { className: "group" });
    group.dataset.status = "refused";
    const text = Object.assign(document.createElement("p"), { className: "why" });
    const dot = Object.assign(document.createElement("i"), { className: "dot bad" });
    const name = Object.assign(document.createElement("b"), { textContent: place.querySelector("a").textContent });
    const again = Object.assign(document.createElement("a"), { href: place.dataset.address, textContent: "Search again" });
    text.append(dot, name, `: ${error.message || "The service does not answer."} `, again);
    group.append(text);
    return group;
  }
});

function step(by) {
  const hits = [...document.querySelectorAll("[data-hit]")];
  const here = hits.indexOf(document.activeElement.closest("[data-hit]") ?? document.activeElement.closest(".hit")?.querySelector("[data-hit]"));
  const next = hits[here === -1 ? (by > 0 ? 0 : hits.length - 1) : here + by];
  next?.focus({ preventScroll: true });
  next?.closest(".hit").scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

// A adds a hit, F follows it, which adds it if it is not kept.
const acts = {
  a: (hit) => hit.querySelector("form:not(.follow) button")?.click(),
  f: (hit) => {
    const button = hit.querySelector(".follow button") ?? hit.querySelector("form button");
    if (button && !button.closest(".follow")) button.before(Object.assign(document.createElement("input"), { type: "hidden", name: "follow", value: "yes" }));
    button?.click();
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const { target } = event;
  const searching = target.matches("[type=search]");
  if (target.closest("input, select, textarea") && !(searching && event.key === "ArrowDown")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (step(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    return;
  }
  const act = acts[event.key.toLowerCase()];
  const hit = act && target.closest(".hit");
  if (!hit) return;
  const details = hit.querySelector("details");
  if (details) {
    event.preventDefault();
    details.open = true;
    details.querySelector("input:not([type=hidden])").focus();
  } else {
    act(hit);
  }
});
