// Round ticks and their labels, by the same rules as the pictures that the server draws (charts/scales.py, charts/time_axis.py).
const DAY = 86400;
const YEAR = 31556952;
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 300, 600, 1200, 2400];
const SECONDS = [1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
const NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ROUND_STEPS = [1, 2, 2.5, 5, 10];

// Linear ticks whose first and last are the ends of the axis.
export function linear(low, high, { zero, most }) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [0, 1];
  if (zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  if (low === high) {
    const margin = Math.abs(low) / 10 || 1;
    [low, high] = [low - margin, high + margin];
  }
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (ROUND_STEPS.find((each) => each * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, place) => Number(((first + place) * step).toPrecision(12)) || 0);
}

export function logarithmic(low, high) {
  if (!(low > 0) || !Number.isFinite(high)) [low, high] = [1, 10];
  if (low === high) [low, high] = [low * 0.9, high * 1.1];
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const digits = last - first > 4 ? [1] : [1, 2, 5];
  const marks = [];
  for (let power = first; power <= last; power += 1) digits.forEach((digit) => marks.push(Number(`${digit}e${power}`)));
  const below = Math.max(...marks.filter((mark) => mark <= low));
  const above = Math.min(...marks.filter((mark) => mark >= high));
  return marks.filter((mark) => mark >= below && mark <= above);
}

export function valueLabels(ticks) {
  const largest = Math.max(0, ...ticks.map(Math.abs));
  const [divisor, suffix] = [[1e12, " tn"], [1e9, " bn"], [1e6, " m"]].find(([size]) => largest >= 2 * size) ?? [1, ""];
  const format = new Intl.NumberFormat("en", { maximumFractionDigits: 10 });
  return ticks.map((tick) => (tick ? format.format(tick / divisor).replace("-", "−") + suffix : "0"));
}

// At most so many round moments between two in seconds since 1970, as pairs with their labels.
export function timeTicks(first, last, most, finest) {
  const span = Math.max(last - first, 1);
  if (finest <= SECONDS.at(-1) && span / most <= SECONDS.at(-1) && span < YEAR) {
    const step = [...SECONDS, 28 * DAY].find((each) => each >= finest && span / each <= most);
    if (step <= SECONDS.at(-1)) return bySeconds(first, last, step);
  }
  return byMonths(first, last, MONTHS.find((step) => (step * YEAR) / 12 >= finest && ((span / YEAR) * 12) / step <= most) ?? MONTHS.at(-1));
}

function bySeconds(first, last, step) {
  // Weeks begin on Monday, the fourth day after the epoch's first.
  const shift = step % (7 * DAY) === 0 ? 4 * DAY : 0;
  const found = [];
  let year = null;
  for (let moment = Math.ceil((first - shift) / step) * step + shift; moment <= last; moment += step) {
    const date = new Date(moment * 1000);
    const of = date.getUTCFullYear();
    const day = `${date.getUTCDate()} ${NAMES[date.getUTCMonth()]}`;
    const time = date.toISOString().slice(11, step < 60 ? 19 : 16);
    const label = step >= DAY || moment % DAY === 0 ? day : time;
    found.push([moment, of === year || step < DAY ? label : `${label} ${of}`]);
    year = of;
  }
  return found;
}

function byMonths(first, last, step) {
  const from = new Date(first * 1000);
  const start = (from.getUTCFullYear() - 1970) * 12 + from.getUTCMonth();
  let month = Math.ceil(start / step) * step;
  if (step > 12) month = (Math.ceil((1970 + Math.floor(start / 12)) / (step / 12)) * (step / 12) - 1970) * 12;
  const found = [];
  for (;; month += step) {
    const date = new Date(0);
    date.setUTCFullYear(1970 + Math.floor(month / 12), ((month % 12) + 12) % 12, 1);
    const moment = date.getTime() / 1000;
    if (moment > last) return found;
    if (moment >= first) found.push([moment, step % 12 ? `${NAMES[date.getUTCMonth()]} ${date.getUTCFullYear()}` : String(date.getUTCFullYear())]);
  }
}
