// A plot drawn by uPlot from the document of charts/document.py, in the measures and colours of the server's picture of it.
import uPlot from "./vendor/uPlot.js";
import { FONT, GLYPH, Marks } from "./plot_marks.js";
import { linear, logarithmic, timeTicks, valueLabels } from "./scales.js";

const [TOP, RIGHT, BOTTOM, TICK_WIDTH, LOW] = [16, 14, 26, 78, 280];
const VOLUME_SHARE = 0.18;
const SMALLEST_DRAG = 12;
const NO_POINTS = { show: false };

// What each number of a row is, in the order of the data.
function columnsOf(plotted) {
  const curves = plotted.curves.map((curve) => ({ ...curve, name: curve.label, draws: "curve" }));
  const candles = plotted.candles.flatMap((each, place) => [
    ...["open", "high", "low", "close"].map((name) => ({ ...each, name, draws: "candle", group: place, suffix: "" })),
    ...(each.volumes && place === 0 ? [{ role: "volume", name: "volume", draws: "volume", decimals: 0, suffix: "" }] : []),
  ]);
  return [...curves, ...candles];
}

function tablesOf(plotted) {
  const padded = ({ start, values }, length) => (
    values.length === length ? values : [...new Array(start).fill(null), ...values, ...new Array(length - start - values.length).fill(null)]
  );
  const order = [];
  const tables = plotted.axes.map((x, axis) => {
    const members = plotted.curves.map((curve, place) => [curve, place]).filter(([curve]) => curve.axis === axis);
    order.push(...members.map(([, place]) => place));
    return [x, ...members.map(([curve]) => padded(curve, x.length))];
  });
  let place = plotted.curves.length;
  for (const [group, each] of plotted.candles.entries()) {
    const rows = [...each.prices, ...(each.volumes && group === 0 ? [each.volumes] : [])];
    order.push(...rows.map(() => place++));
    tables.push([each.x, ...rows]);
  }
  const [x, ...joined] = tables.length === 1 ? tables[0] : uPlot.join(tables);
  const data = [x];
  order.forEach((to, from) => { data[to + 1] = joined[from]; });
  return data;
}

// Values without a neighbour, and the last one of each of several curves, which a dot shows.
function dotsOf(values, several) {
  const found = [];
  let last = -1;
  for (let place = 0; place < values.length; place += 1) {
    if (values[place] == null) continue;
    last = place;
    if (values[place - 1] === null || place === 0) {
      let next = place + 1;
      while (next < values.length && values[next] === undefined) next += 1;
      if (next >= values.length || values[next] === null) found.push(place);
    }
  }
  if (several && last >= 0 && found.at(-1) !== last) found.push(last);
  return found;
}

// How many curves there are in front of the fan.
const inFront = ({ curves }) => curves.filter(({ role }) => role !== "fan").length;

export class Plot {
  #uplot;
  #shape;
  #marks = new Marks(this);
  // The ticks of each scale of values, whose first and last are its ends.
  #ticks = {};

  // `on`: what is told of ranges that were dragged, of the row under the cursor, and of presses that begin something else.
  constructor(element, on) {
    this.element = element;
    this.on = on;
  }

  get bounds() {
    const { left, top, width, height } = this.#uplot.over.getBoundingClientRect();
    const frame = this.element.getBoundingClientRect();
    return { left: left - frame.left, top: top - frame.top, width, height };
  }

  get rows() { return this.#uplot.data[0]; }

  get columns() { return this.plotted.columns; }

  values(row) { return this.#uplot.data.slice(1).map((column) => column[row]); }

  position(row) { return this.#uplot.valToPos(this.rows[row], "x"); }

  moment(x) { return this.#uplot.posToVal(x, "x"); }

  // Draw a document over a range; `box` is the size in pixels, and how many of them one unit of the server's picture has.
  draw(document, range, box) {
    this.plotted = { ...document, columns: columnsOf(document), range };
    const data = tablesOf(document);
    this.plotted.dots = this.plotted.columns.map((column, place) => (
      column.draws === "curve" && document.kind !== "bars" && column.role !== "fan" ? dotsOf(data[place + 1], inFront(document) > 1) : []));
    const shape = JSON.stringify([document.kind, document.log, document.right_log, box.scale,
      this.columns.map(({ role, right, dash, draws }) => [role, right, dash, draws])]);
    if (this.#uplot && shape === this.#shape) {
      this.#uplot.batch(() => {
        if (box.width !== this.#uplot.width || box.height !== this.#uplot.height) this.#uplot.setSize(box);
        this.#uplot.setData(data, false);
        this.#uplot.setScale("x", { min: range[0], max: range[1] });
      });
    } else {
      this.remove();
      this.#shape = shape;
      this.scale = box.scale;
      this.#uplot = new uPlot(this.#options(box), data, this.element);
    }
  }

  range(range) {
    this.plotted.range = range;
    this.#uplot.setScale("x", { min: range[0], max: range[1] });
  }

  point(row) {
    if (row === null) this.#uplot.setCursor({ left: -10, top: -10 });
    else this.#uplot.setCursor({ left: this.position(row), top: 0 });
  }

  pointAt(x) { this.#uplot.setCursor({ left: x, top: 0 }); }

  remove() {
    this.#uplot?.destroy();
    this.#uplot = undefined;
  }

  #options({ width, height }) {
    const style = getComputedStyle(this.element);
    this.colours = (name) => style.getPropertyValue(`--${name}`).trim();
    const k = this.scale;
    const { log, right_log: rightLog, kind } = this.plotted;
    const hasRight = this.columns.some(({ right }) => right);
    const most = height / k < LOW ? 6 : 9;
    // uPlot scales whole pixels alone.
    const font = `${Math.round(12 * k)}px ${FONT}`;
    const values = (scale, side) => ({
      scale, side, font, gap: 8 * k, stroke: this.colours("dim"), ticks: { show: false },
      grid: { show: scale === "y", stroke: this.colours("line"), width: 1 },
      size: (_, labels) => (12 + GLYPH * Math.max(1, ...(labels ?? [""]).map((label) => label.length))) * k,
      splits: () => this.#ticks[scale],
      filter: (_, splits) => splits,
      values: (_, splits) => valueLabels(splits),
    });
    const scaleOf = (name, isLog) => ({
      distr: isLog ? 3 : 1,
      range: (_, low, high) => {
        const ticks = isLog ? logarithmic(low, high) : linear(low, high, { zero: kind === "bars", most });
        this.#ticks[name] = ticks;
        return [ticks[0], ticks.at(-1)];
      },
    });
    return {
      width, height, pxAlign: 0, legend: { show: false }, padding: [TOP * k, hasRight ? 0 : RIGHT * k, 0, 0],
      scales: {
        x: { time: false, range: () => this.plotted.range },
        y: scaleOf("y", log), right: scaleOf("right", rightLog), volume: { range: (_, __, high) => [0, (high || 1) / VOLUME_SHARE] },
      },
      axes: [
        {
          font, size: BOTTOM * k, gap: 4 * k, stroke: this.colours("dim"), grid: { show: false },
          ticks: { stroke: this.colours("dim"), width: 1, size: 5 * k },
          splits: () => this.#timeTicks().map(([moment]) => moment),
          values: () => this.#timeTicks().map(([, label]) => label),
        },
        values("y", 3),
        ...(hasRight ? [values("right", 1)] : []),
      ],
      series: [{}, ...this.columns.map((column, place) => this.#series(column, place, kind))],
      cursor: {
        y: false, drag: { x: true, y: false, setScale: false, dist: SMALLEST_DRAG },
        points: { size: 7 * k, width: 0, fill: (_, place) => this.colours(this.columns[place - 1].role) },
        bind: {
          mousedown: (_, __, handle) => (event) => this.on.press(event) || handle(event),
          dblclick: () => null,
        },
      },
      hooks: {
        drawClear: [(uplot) => this.#marks.behind(uplot)],
        drawAxes: [(uplot) => this.#marks.zero(uplot)],
        draw: [(uplot) => { this.#marks.candles(uplot); this.#marks.marked(uplot); this.on.drawn(); }],
        setCursor: [(uplot) => this.on.cursor(uplot.cursor.idx ?? null)],
        setSelect: [(uplot) => {
          const { left, width: selected } = uplot.select;
          if (selected < SMALLEST_DRAG) return;
          this.on.select([uplot.posToVal(left, "x"), uplot.posToVal(left + selected, "x")]);
          uplot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }],
      },
    };
  }

  #timeTicks() {
    const { range: [first, last], finest } = this.plotted;
    const { left, width } = this.#uplot.bbox;
    const [start, length] = [left / devicePixelRatio, width / devicePixelRatio];
    const most = Math.max(2, Math.floor(length / this.scale / TICK_WIDTH));
    return timeTicks(first, last, most, finest).filter(([moment, label]) => {
      const half = (GLYPH * label.length * this.scale) / 2;
      const at = start + ((moment - first) / (last - first)) * length;
      return at + half <= start + length + RIGHT * this.scale && at - half >= 0;
    });
  }

  #series(column, place, kind) {
    if (column.draws === "volume") {
      return { scale: "volume", fill: this.colours("volume"), width: 0, points: NO_POINTS, paths: this.#marks.bars(0, 1, () => this.plotted.candles[0].slot) };
    }
    const colour = this.colours(column.role);
    const common = { scale: column.right ? "right" : "y", stroke: colour };
    if (column.draws === "candle") return { ...common, points: NO_POINTS, paths: () => null };
    const count = inFront(this.plotted);
    if (column.role === "fan") {
      return {
        ...common, width: 1, alpha: 0.45, points: NO_POINTS,
        paths: kind === "step" ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
      };
    }
    if (kind === "bars") {
      // What was known then stands left of what is known today.
      return { ...common, fill: colour, width: 0, points: NO_POINTS, paths: this.#marks.bars(this.plotted.curves.length - 1 - place, count, () => this.plotted.usual) };
    }
    return {
      ...common, width: 2, cap: "round", dash: column.dash?.split(" ").map((length) => length * this.scale),
      paths: kind === "step" ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
      points: { show: true, size: 7 * this.scale, width: 0, fill: colour, filter: () => this.plotted.dots[place] },
    };
  }
}
