"use strict";
/* Numbers as leaderboard/output/format.py writes them, for what is computed in the browser. */
(() => {
  const DASH = "\u2013";
  const MINUS = "\u2212";
  const fuseboard = (window.fuseboard ??= {});
  /** A minus is one, and stands before no nothing. */
  const signed = (text) => (Number(text.replaceAll(",", "")) === 0 ? text.replace("-", "") : text.replace("-", MINUS));
  const grouped = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  fuseboard.numbers = {
    DASH,
    number: (value, digits) => (value === null ? DASH : signed(grouped(value, digits))),
    score: (value) => (value === null ? DASH : signed(value.toFixed(4))),
    bound: (value) => signed(value.toFixed(3)),
    count: (value) => (value >= 1e6 ? `${Number((value / 1e6).toPrecision(3))} M` : grouped(value, 0)),
    /** A difference of two fractions in percentage points. */
    points: (value) => {
      const shown = (100 * value).toFixed(2);
      return Number(shown) >= 0 ? `+${shown.replace("-", "")}` : signed(shown);
    },
    p: (value) => (value < 0.0001 ? "p < 0.0001" : `p = ${value.toFixed(value >= 0.01 ? 2 : 4)}`),
  };
})();
