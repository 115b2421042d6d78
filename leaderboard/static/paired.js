"use strict";
/* Paired differences of two rows on the same resamples of a test set, as store/statistics/estimates.py computes them. Resampled values come as
   whole numbers of a unit, so that sums and differences of them are exact. */
(() => {
  const fuseboard = (window.fuseboard ??= {});
  const LEVELS = [0.025, 0.975];

  const decoded = (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float64Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(4 * at, true));
  };

  /** The quantiles of sorted values, with linear interpolation between neighbours. */
  const quantile = (sorted, level) => {
    const at = level * (sorted.length - 1);
    const below = Math.floor(at);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  };

  /** The interval of values in units; null where all are the same, as far as rounding to a unit lets one see. */
  const interval = (values, unit, rounding) => {
    const sorted = Float64Array.from(values).sort();
    if (sorted.at(-1) - sorted[0] <= 2 * rounding) return null;
    return LEVELS.map((level) => unit * quantile(sorted, level));
  };

  /** A difference with its interval and p. Each value was rounded to a unit, so that equal ones differ by `rounding` at most. */
  const summary = (value, gaps, unit, rounding) => {
    let [below, above] = [0, 0];
    for (const gap of gaps) {
      below += gap <= rounding ? 1 : 0;
      above += gap >= -rounding ? 1 : 0;
    }
    const p = Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + gaps.length));
    const [low, high] = interval(gaps, unit, rounding) ?? [null, null];
    return { value, low, high, p, reason: low === null ? "the same in every resample" : null };
  };

  const without = (value, reason) => ({ value, low: null, high: null, p: null, reason });

  const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  /** Why two scores have no paired interval; null where they have one. */
  const reasonOf = (one, other) => {
    const reason = one.reason ?? other.reason;
    if (reason) return reason;
    return one.digest === other.digest ? null : "they met other images, or other resamples of them";
  };

  class Scores {
    #drawn = new Map();

    constructor(row, unit) {
      this.held = row.held;
      this.unit = unit;
    }

    auc(dataset) {
      return this.held[dataset]?.auc ?? null;
    }

    drawn(dataset) {
      if (!this.#drawn.has(dataset)) this.#drawn.set(dataset, decoded(this.held[dataset].drawn));
      return this.#drawn.get(dataset);
    }

    /** The 95 % interval of one score; null without one. */
    interval(dataset) {
      return this.held[dataset]?.drawn ? interval(this.drawn(dataset), this.unit, 1) : null;
    }

    /** The mean over datasets, with its interval. */
    mean(datasets) {
      const value = average(datasets.map((dataset) => this.auc(dataset)));
      if (datasets.some((dataset) => !this.held[dataset].drawn)) return { value, low: null, high: null };
      const sums = this.#sums(datasets);
      const [low, high] = interval(sums, this.unit / datasets.length, datasets.length) ?? [null, null];
      return { value, low, high };
    }

    #sums(datasets) {
      const parts = datasets.map((dataset) => this.drawn(dataset));
      return parts[0].map((_, at) => parts.reduce((sum, part) => sum + part[at], 0));
    }

    /** This row's score minus another's on one dataset; null where one of them has none. */
    minus(other, dataset) {
      if (this.auc(dataset) === null || other.auc(dataset) === null) return null;
      return this.meanMinus(other, [dataset]);
    }

    /** The same of the means over datasets that both have. */
    meanMinus(other, datasets) {
      const value = average(datasets.map((dataset) => this.auc(dataset) - other.auc(dataset)));
      const reasons = datasets.map((dataset) => reasonOf(this.held[dataset], other.held[dataset]));
      const reason = reasons.find((each) => each !== null);
      if (reason) return without(value, reason);
      const others = other.#sums(datasets);
      const gaps = this.#sums(datasets).map((sum, at) => sum - others[at]);
      return summary(value, gaps, this.unit / datasets.length, datasets.length);
    }
  }

  /** The datasets of one pool of backbones: of the pool with the most datasets, of equals the largest. Rows that use no pool set no limit. */
  const ofOnePool = (rows, datasets) => {
    const pools = new Map();
    for (const dataset of datasets) {
      const used = rows.map((row) => row.held[dataset.name].pool).filter(Boolean);
      const name = JSON.stringify(used.map(([, digest]) => digest));
      if (!pools.has(name)) pools.set(name, { size: Math.max(0, ...used.map(([size]) => size)), datasets: [] });
      pools.get(name).datasets.push(dataset);
    }
    const [first] = [...pools.values()].sort((a, b) => b.datasets.length - a.datasets.length || b.size - a.size);
    return first?.datasets ?? [];
  };

  /** Of the datasets that all rows have, those that count in a mean: medical ones, of several sizes of the same images the largest, and of one pool
   * of backbones where methods are compared. */
  const counted = (rows, datasets) => {
    const shared = datasets.filter(({ name, medical }) => medical && rows.every((row) => row.auc(name) !== null));
    const larger = ({ size: [whole, pixels] }, { size: [otherWhole, otherPixels] }) => whole - otherWhole || pixels - otherPixels;
    const sizes = shared.filter((one) => !shared.some((other) => other.source === one.source && larger(other, one) > 0));
    return ofOnePool(rows, sizes).map(({ name }) => name);
  };

  fuseboard.paired = { Scores, counted };
})();
