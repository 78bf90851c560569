// What a plot draws on uPlot's canvas besides its lines: bars, candles, shading and marks.
export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', 'DejaVu Sans', sans-serif";
export const GLYPH = 7;
const [BAR_SHARE, WIDEST_BAR] = [0.8, 28];

export class Marks {
  // `plot`: what is drawn (`plotted`), how many pixels one unit of the server's picture has (`scale`), and `colours` by name.
  constructor(plot) {
    this.plot = plot;
  }

  // The left ends and the width of marks of which several share the place of a date, in pixels of the canvas.
  #slots(uplot, index, count, slot) {
    const perSecond = uplot.bbox.width / (this.plot.plotted.range[1] - this.plot.plotted.range[0]);
    const group = Math.min(slot * perSecond * BAR_SHARE, WIDEST_BAR * count * this.plot.scale * devicePixelRatio);
    const width = Math.max(group / count, 0.6);
    return { width, left: (x) => uplot.valToPos(x, "x", true) - group / 2 + (index * group) / count };
  }

  bars(index, count, slot) {
    return (uplot, series, first, last) => {
      const [path, values] = [new Path2D(), uplot.data[series]];
      const { scale } = uplot.series[series];
      const { width, left } = this.#slots(uplot, index, count, slot());
      const zero = uplot.valToPos(0, scale, true);
      for (let row = Math.max(0, first - 1); row <= Math.min(values.length - 1, last + 1); row += 1) {
        if (values[row] == null) continue;
        const top = uplot.valToPos(values[row], scale, true);
        path.rect(left(uplot.data[0][row]), Math.min(zero, top), width, Math.abs(zero - top));
      }
      return { fill: path, stroke: null, clip: null, band: null, gaps: null, flags: 3 };
    };
  }

  #inside(uplot, paint) {
    const { ctx, bbox } = uplot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    paint(ctx, bbox);
    ctx.restore();
  }

  behind(uplot) {
    const { shading, unknown, usual, kind, range } = this.plot.plotted;
    this.#inside(uplot, (ctx, { top, height, left, width }) => {
      const at = (moment) => uplot.valToPos(moment, "x", true);
      ctx.fillStyle = this.plot.colours("band");
      for (const [begin, end] of shading?.spans ?? []) {
        if (end > range[0] && begin < range[1]) ctx.fillRect(at(begin), top, Math.max(1, at(end) - at(begin)), height);
      }
      if (!unknown) return;
      const from = Math.max(left, at(unknown.from + (kind === "bars" || kind === "candles" ? usual / 2 : 0)));
      if (left + width - from <= 1) return;
      ctx.fillStyle = this.plot.colours("shade");
      ctx.fillRect(from, top, left + width - from, height);
      const k = this.plot.scale * devicePixelRatio;
      if (left + width - from > GLYPH * unknown.label.length * k) {
        ctx.fillStyle = this.plot.colours("dim");
        ctx.font = `${12 * k}px ${FONT}`;
        ctx.textAlign = "left";
        ctx.textBaseline = "alphabetic";
        ctx.fillText(unknown.label, from + 8 * k, top + 14 * k);
      }
    });
  }

  zero(uplot) {
    const { min, max } = uplot.scales.y;
    if (!(min <= 0 && max >= 0) || this.plot.plotted.log) return;
    this.#stroke(uplot, (ctx, { left, width }) => {
      const y = uplot.valToPos(0, "y", true);
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
    });
  }

  marked(uplot) {
    const { marked } = this.plot.plotted;
    if (marked === null) return;
    this.#stroke(uplot, (ctx, { top, height }) => {
      const x = uplot.valToPos(marked, "x", true);
      ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
    });
  }

  #stroke(uplot, trace) {
    this.#inside(uplot, (ctx, bbox) => {
      ctx.strokeStyle = this.plot.colours("dim");
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      trace(ctx, bbox);
      ctx.stroke();
    });
  }

  candles(uplot) {
    const { candles, range } = this.plot.plotted;
    if (!candles.length) return;
    this.#inside(uplot, (ctx) => {
      for (const [place, { role, x, slot, prices: [open, high, low, close] }] of candles.entries()) {
        const { width, left } = this.#slots(uplot, candles.length - 1 - place, candles.length, slot);
        const paths = { rose: new Path2D(), fell: new Path2D() };
        for (let row = 0; row < x.length; row += 1) {
          if (x[row] < range[0] - slot || x[row] > range[1] + slot) continue;
          if ([open, high, low, close].some((prices) => prices[row] === null)) continue;
          const [opened, highest, lowest, closed] = [open, high, low, close].map((prices) => uplot.valToPos(prices[row], "y", true));
          const [begin, top, bottom] = [left(x[row]), Math.min(opened, closed), Math.max(opened, closed)];
          const path = closed > opened ? paths.fell : paths.rose;
          path.rect(begin, top, width, bottom - top);
          path.moveTo(begin + width / 2, highest);
          path.lineTo(begin + width / 2, top);
          path.moveTo(begin + width / 2, bottom);
          path.lineTo(begin + width / 2, lowest);
        }
        ctx.strokeStyle = this.plot.colours(role);
        ctx.lineWidth = devicePixelRatio;
        for (const [kind, path] of Object.entries(paths)) {
          ctx.fillStyle = this.plot.colours(kind === "fell" ? role : "paper");
          ctx.fill(path);
          ctx.stroke(path);
        }
      }
    });
  }
}
