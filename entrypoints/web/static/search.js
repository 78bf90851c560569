// <lanner-search>: each provider is searched, two at a time, and its hits take the place that is kept for them. Keys go through all hits.
const AT_ONCE = 2;
const TRIES = 20;
const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, 1000 * seconds); });

customElements.define("lanner-search", class extends HTMLElement {
  connectedCallback() {
    if (this.waiting) return;
    this.waiting = [...this.querySelectorAll("[data-status=not_asked]")];
    this.count = this.waiting.length;
    this.answered = 0;
    for (const group of this.waiting) {
      group.setAttribute("aria-busy", "true");
      const row = () => Object.assign(document.createElement("div"), { className: "blank" });
      group.querySelector(".hits").replaceChildren(row(), row(), row(), row());
    }
    for (let turn = 0; turn < AT_ONCE; turn += 1) this.work();
  }

  async work() {
    while (this.waiting.length && this.isConnected) {
      const group = this.waiting.shift();
      await this.ask(group, new URL(group.dataset.address, location.href));
      this.answered += document.getElementById(group.id)?.dataset.status === "ok";
      const found = this.querySelectorAll(".hit").length;
      this.querySelector("[role=status]").textContent = `${this.answered} of ${this.count} providers have answered, ${found} found.`;
    }
  }

  async ask(group, address) {
    const part = new URL(address);
    part.searchParams.set("format", "part");
    try {
      for (let tries = 1; ; tries += 1) {
        const response = await fetch(part, { headers: { Accept: "text/html, application/problem+json" } });
        if (response.status === 200) {
          const page = new DOMParser().parseFromString(await response.text(), "text/html");
          group.replaceWith(page.querySelector(".group"));
          return;
        }
        if (response.status !== 202) throw new Error((await response.json()).detail);
        if (tries === TRIES) throw new Error("Other searches take too long.");
        await pause(Number(response.headers.get("Retry-After")) || 1);
      }
    } catch (error) {
      this.refuse(group, address, error);
    }
  }

  refuse(group, address, error) {
    const text = document.createElement("p");
    text.className = "why";
    text.textContent = `${error.message || "The service does not answer."} `;
    const again = Object.assign(document.createElement("a"), { href: address, textContent: "Search again" });
    text.append(again);
    group.querySelector(".hits").replaceChildren(text);
    group.removeAttribute("aria-busy");
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

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const { target } = event;
  const searching = target.matches("[type=search]");
  if (target.closest("input, select, textarea") && !(searching && event.key === "ArrowDown")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (step(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    return;
  }
  const hit = event.key.toLowerCase() === "a" && target.closest(".hit");
  if (!hit) return;
  const details = hit.querySelector("details");
  if (details) {
    event.preventDefault();
    details.open = true;
    details.querySelector("input:not([type=hidden])").focus();
  } else {
    hit.querySelector("form button")?.click();
  }
});
