// Showing another state of the same page: its parts are replaced by those of the page at the new address.
const PARTS = ["actions", "chart", "fresh", "revisions", "use", "below", "heading", "series", "correlations", "embed"];
// Steps that follow each other within GESTURE milliseconds are one entry of the history; browsers refuse to write it at every frame.
const [GESTURE, PAUSE] = [1000, 120];
let request = new AbortController();
let stepped = -Infinity;
let written = -Infinity;
let unwritten;
let timer;

async function load(address, signal) {
  const response = await fetch(address, { headers: { Accept: "text/html" }, signal });
  if (!response.ok) throw new Error(`${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// What has the focus, by a name that the new page has too.
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return () => {};
  const group = element.closest("[aria-label]:not(a)")?.getAttribute("aria-label");
  const name = element.getAttribute("aria-label") ?? element.textContent;
  const { id } = element;
  return () => {
    const found = id
      ? document.getElementById(id)
      : [...document.querySelectorAll(`[aria-label="${CSS.escape(group ?? "")}"] :is(a, button)`)]
        .find((each) => (each.getAttribute("aria-label") ?? each.textContent) === name);
    found?.focus({ preventScroll: true });
  };
}

export function replaceParts(page, names) {
  const refocus = focused();
  for (const name of names) {
    const old = document.getElementById(name);
    const fresh = page.getElementById(name);
    if (!old || !fresh) continue;
    // What scripts draw stays, and takes over what is new.
    const kept = [...old.querySelectorAll("[data-kept]")].map((element) => [element, fresh.querySelector(`#${element.id}`)]);
    // What was opened stays open.
    const [before, after] = [old, fresh].map((part) => [...part.querySelectorAll("details")]);
    if (before.length === after.length) before.forEach((each, place) => { after[place].open = each.open; });
    old.replaceWith(fresh);
    for (const [element, place] of kept) {
      if (!place) continue;
      place.replaceWith(element);
      element.adopt(place);
    }
  }
  refocus();
}

export async function show(address, { push = true } = {}) {
  cancelShowing();
  const { signal } = request;
  const url = new URL(address, location.href);
  let page;
  try {
    page = await load(url, signal);
  } catch {
    if (!signal.aborted) location.assign(url);
    return;
  }
  if (signal.aborted) return;
  if (push) history.pushState(null, "", url);
  document.title = page.title;
  replaceParts(page, PARTS);
}

export function cancelShowing() {
  request.abort();
  request = new AbortController();
}

// The address of a state that is shown already; further steps of the same gesture replace it.
export function follow(url) {
  const now = performance.now();
  const first = now - stepped > GESTURE;
  stepped = now;
  clearTimeout(timer);
  unwritten = url;
  if (first) {
    if (String(url) !== location.href) history.pushState(null, "", url);
    [unwritten, written] = [undefined, now];
  } else if (now - written > PAUSE) {
    writeAddress();
  } else {
    timer = setTimeout(writeAddress, PAUSE);
  }
}

export function writeAddress() {
  clearTimeout(timer);
  if (unwritten) history.replaceState(null, "", unwritten);
  [unwritten, written] = [undefined, performance.now()];
}

// Where the last step leads, though it may not have been written yet.
export function currentAddress() {
  return new URL(unwritten ?? location.href);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#chart a, #below a, #series a, #correlations a");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname !== location.pathname || url.searchParams.has("format")) return;
  event.preventDefault();
  const below = Boolean(link.closest("#below, #correlations")) && url.hash === "#chart";
  url.hash = "";
  show(url).then(() => {
    if (below) document.getElementById("chart")?.scrollIntoView({ block: "nearest" });
  });
});

addEventListener("popstate", () => {
  clearTimeout(timer);
  [unwritten, stepped] = [undefined, -Infinity];
  show(location.href, { push: false });
});
