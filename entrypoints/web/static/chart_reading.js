// What stands at the cursor of a chart, in words: beside it, and for a screen reader.
const NAMES = { now: "today", then: "then" };

export class Reading {
  constructor(readout, voice) {
    this.readout = readout;
    this.voice = voice;
    this.hide();
  }

  hide() { this.readout.hidden = true; }

  show(plot, found, row) {
    this.readout.hidden = false;
    this.readout.replaceChildren(periodOf(plot.rows[row], found));
    for (const { name, role, text } of valuesOf(plot, found, row)) {
      const key = document.createElement("i");
      key.className = `k ${role}`;
      this.readout.append(document.createElement("br"), key, `${text} ${name}`);
    }
    const { left, top, width } = plot.bounds;
    const x = plot.position(row);
    const own = this.readout.offsetWidth;
    Object.assign(this.readout.style, {
      left: `${Math.max(0, left + (x + own + 14 > width ? x - own - 10 : x + 10))}px`, top: `${top + 6}px`,
    });
  }

  say(plot, found, row) {
    const values = valuesOf(plot, found, row).map(({ name, text }) => `${text} ${name}`);
    this.voice.textContent = `${periodOf(plot.rows[row], found)}: ${values.join(", ")}`;
  }
}

// What a row holds, the curve on top first; candles of one state in their order.
function valuesOf(plot, { candles }, row) {
  const values = plot.values(row);
  const found = plot.columns.map((column, place) => ({ ...column, value: values[place] }))
    .filter(({ value, role }) => role !== "fan" && (value != null || (value === null && role === "now" && !candles.length)));
  if (!candles.length && found.every(({ role }) => role in NAMES)) found.reverse();
  return found.map(({ value, role, name, decimals, suffix, draws, flags }) => ({
    role, text: [value == null ? "–" : numberOf(value, decimals) + suffix, flags?.[plot.rows[row]]].filter(Boolean).join(" "),
    name: draws === "curve" ? NAMES[role] ?? name : name,
  }));
}

function numberOf(value, decimals) {
  return new Intl.NumberFormat(undefined, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value)
    .replace("-", "−");
}

function periodOf(seconds, { frequency, finest }) {
  const moment = new Date(seconds * 1000);
  const year = moment.getUTCFullYear();
  if (finest < 86400) return moment.toLocaleString(undefined, { timeZone: "UTC" });
  if (frequency === "annual") return String(year);
  if (frequency === "quarterly") return `${year} Q${Math.floor(moment.getUTCMonth() / 3) + 1}`;
  const day = frequency === "monthly" ? {} : { day: "numeric" };
  return moment.toLocaleDateString(undefined, { timeZone: "UTC", year: "numeric", month: "short", ...day });
}
