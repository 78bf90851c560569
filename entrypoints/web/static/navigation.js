// Showing another state of the same page: its parts are replaced by those of the page at the new address.
const PARTS = ["chart", "fresh", "use", "below"];
let turn = 0;

export async function load(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
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
    if (old && fresh) old.replaceWith(fresh);
  }
  refocus();
}

export async function show(address, { push = true } = {}) {
  const mine = ++turn;
  const url = new URL(address, location.href);
  let page;
  try {
    page = await load(url);
  } catch {
    location.assign(url);
    return;
  }
  if (mine !== turn) return;
  if (push) history.pushState(null, "", url);
  document.title = page.title;
  replaceParts(page, PARTS);
}

export function cancelShowing() {
  turn += 1;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#chart a, #below a");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname !== location.pathname || url.searchParams.has("format")) return;
  event.preventDefault();
  const below = Boolean(link.closest("#below")) && url.hash === "#chart";
  url.hash = "";
  show(url).then(() => {
    if (below) document.getElementById("chart")?.scrollIntoView({ block: "nearest" });
  });
});

addEventListener("popstate", () => show(location.href, { push: false }));
