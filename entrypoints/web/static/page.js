// What every page has: "/" focuses the search, and a running fetch is followed without loading the page again.
const editable = (target) => target.closest("input, select, textarea, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || editable(event.target)) return;
  const search = document.querySelector("main [type=search]") ?? document.querySelector("[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// A part that changes while something runs says how often to look; an answer that is the same costs next to nothing.
function follow(part) {
  const pause = Number(part?.dataset.poll);
  if (!pause) return;
  let tag = null;
  const look = async () => {
    if (!document.contains(part)) return;
    if (!document.hidden) {
      try {
        const response = await fetch(location.href, { headers: { Accept: "text/html", ...(tag && { "If-None-Match": tag }) }, cache: "no-store" });
        tag = response.headers.get("ETag");
        if (response.status === 200) {
          const page = new DOMParser().parseFromString(await response.text(), "text/html");
          const fresh = page.getElementById(part.id);
          if (!fresh?.dataset.poll || fresh.dataset.poll !== part.dataset.poll) {
            location.reload();
            return;
          }
          if (fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
        }
      } catch {
        // The service restarts, or the network is away for a moment: the next look tells.
      }
    }
    setTimeout(look, pause);
  };
  setTimeout(look, pause);
}
follow(document.querySelector("[data-poll]"));

// <lanner-copy>: text with a button that copies it.
customElements.define("lanner-copy", class extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard || this.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("pre").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    this.append(button);
  }
});
