"""Command: the line that measures a result row again, on a store that holds the same embeddings."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from fuseboard.leaderboard.rows.current import OLD_VERSION
from fuseboard.store.embeddings.labels import CORRUPTED
from fuseboard.store.embeddings.manifest import is_name
from fuseboard.store.results.corruption_errors import EVALUATIONS

OF_BACKBONES = (
    *("late", "tuned", "tuning", "attention-random", "attention-trained", "linear-probe", "knn", "transfer"),
    *EVALUATIONS,
)
"""Evaluations that, given the backbones of a subset, measure that subset. The tuned subset was chosen among more; among
fewer it is chosen again, because whoever beats all beats some."""
UNDER = {"tuning": "tuned"}
"""Evaluation whose rows come of another one's command."""
TRIALS = re.compile(r"(.+)-trials([1-9][0-9]*)")
"""The protocol of rows that were tuned with another number of trials than the protocol's own."""
DEVICE = re.compile(r"cpu|cuda(:[0-9]+)?")
DIGITS = 10
"""Of a fingerprint, enough to tell the versions of one backbone apart."""


def command(row: Mapping[str, Any]) -> str | None:
    """The command line, or None where nothing measures the row again; then `no_command` says why.

    Args:
        row: of `Snapshot.rows`. The column `superseded` may be missing.
    """
    return None if no_command(row) else shlex.join(_words(row))


def no_command(row: Mapping[str, Any]) -> str | None:
    """Why nothing measures a row again; None where its command does."""
    superseded = row.get("superseded")
    if superseded and superseded != OLD_VERSION:
        return f"made by {superseded}: the same command measures another row today"
    if not all(is_name(name) for name in (row["dataset"], row["protocol"], *row["subset"])):
        return "it has a name that the command line does not take"
    if row["evaluation"] not in ("fusion", "probe", *OF_BACKBONES):
        return "no command measures this evaluation"
    return None


def _words(row: Mapping[str, Any]) -> list[str]:
    evaluation, protocol, dataset = row["evaluation"], row["protocol"], row["dataset"]
    backbones = ["--backbones", ",".join(_specs(row))]
    trials: list[str] = []
    if evaluation == "probe":
        # Halving gives cheap fits only to many subsets, so it needs all the backbones and not those of one.
        words, backbones = ["search", dataset, "--strategy", "halving"], []
    elif evaluation == "fusion":
        words = ["search", dataset, "--strategy", "all"]
    elif (evaluation, row["fusion"]) == ("late", "weighted-vote"):
        words = ["search", dataset, "--strategy", "ensemble"]
    else:
        clean = dataset.removesuffix(CORRUPTED) if evaluation in EVALUATIONS else dataset
        words = ["evaluate", UNDER.get(evaluation, evaluation), clean]
        if evaluation == "tuned" and (own := TRIALS.fullmatch(protocol)):
            protocol, trials = own[1], ["--trials", own[2]]
    device = ["--device", row["device"]] if DEVICE.fullmatch(row["device"]) else []
    return ["fuseboard", *words, *backbones, "--protocol", protocol, *trials, *device]


def _specs(row: Mapping[str, Any]) -> list[str]:
    """The backbones; a name alone means the version of today's card, so a row of an older one names its own."""
    if row.get("superseded") != OLD_VERSION:
        return list(row["subset"])
    pairs = zip(row["subset"], row["fingerprints"], strict=True)
    return [f"{name}@{fingerprint[:DIGITS]}" for name, fingerprint in pairs]
