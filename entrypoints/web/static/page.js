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
