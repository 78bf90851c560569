// What the page of a series has besides: all of it works without, by links and forms.
import "./navigation.js";
import "./chart.js";
import "./vintages.js";
import "./table.js";

// F follows the series.
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  document.querySelector("#fresh [name=follow][value=yes]")?.click();
});
