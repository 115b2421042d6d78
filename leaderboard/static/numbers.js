"use strict";
/* Numbers as leaderboard/output/plain.py writes them, for what is computed in the browser. */
(() => {
  const DASH = "\u2013";
  const MINUS = "\u2212";
  const fuseboard = (window.fuseboard ??= {});
  /** A minus is one, and stands before no nothing. */
  const signed = (text) => (Number(text.replaceAll(",", "")) === 0 ? text.replace("-", "") : text.replace("-", MINUS));
  /** Without the zero that says nothing. */
  const share = (value, digits) => signed(value.toFixed(digits)).replace(/^(\u2212?)0\./, "$1.");
  const grouped = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  fuseboard.numbers = {
    DASH,
    number: (value, digits) => (value === null ? DASH : signed(grouped(value, digits))),
    score: (value) => (value === null ? DASH : share(value, 3)),
    count: (value) => (value >= 1e6 ? `${Number((value / 1e6).toPrecision(3))} M` : grouped(value, 0)),
    /** A difference of two fractions in percentage points; a small one with two decimals. */
    points: (value) => {
      const shown = Math.abs(value) <= 1e-12 ? "0.0" : (100 * value).toFixed(Math.abs(value) >= 0.001 ? 1 : 2);
      return Number(shown) >= 0 ? `+${shown.replace("-", "")}` : signed(shown);
    },
    p: (value) => (value < 0.001 ? "p < .001" : `p = ${share(value, value >= 0.01 ? 2 : 3)}`),
  };
})();
