"""The command measures a result row again, on a store that holds the same embeddings."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from fuseboard.leaderboard.rows.current import OTHER_VERSION
from fuseboard.store.embeddings.labels import CORRUPTED
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.results.evaluations import EVALUATIONS, TRIALS

DEVICE = re.compile(r"cpu|cuda(:[0-9]+)?")
DIGITS = 10
"""A fingerprint is cut to these digits, enough to tell the versions of one backbone apart."""


def command(row: Mapping[str, Any]) -> str | None:
    """Return the command line, or None where nothing measures the row again; then `no_command` says why.

    Args:
        row: of `Snapshot.rows`. The column `superseded` may be missing.
    """
    return None if no_command(row) else shlex.join(_words(row))


def no_command(row: Mapping[str, Any]) -> str | None:
    """Say why nothing measures a row again; None where its command does."""
    superseded = row.get("superseded")
    if superseded and superseded != OTHER_VERSION:
        return f"made by {superseded}: the same command measures another row today"
    if not all(is_name(name) for name in (row["dataset"], row["protocol"], *row["subset"])):
        return "it has a name that the command line does not take"
    if row["evaluation"] not in EVALUATIONS:
        return "no command measures this evaluation"
    return None


def _words(row: Mapping[str, Any]) -> list[str]:
    evaluation, protocol = EVALUATIONS[row["evaluation"]], row["protocol"]
    of_row = {
        "dataset": row["dataset"],
        "clean": row["dataset"].removesuffix(CORRUPTED),
        "backbones": ",".join(_specs(row)),
        "column": json.loads(row.get("params") or "{}").get("column", ""),
    }
    words = [word.format_map(of_row) for word in evaluation.command_of(row["fusion"]).split()]
    trials: list[str] = []
    if evaluation.takes_trials and (own := TRIALS.fullmatch(protocol)):
        protocol, trials = own[1], ["--trials", own[2]]
    device = ["--device", row["device"]] if DEVICE.fullmatch(row["device"]) else []
    return ["fuseboard", *words, "--protocol", protocol, *trials, *device]


def _specs(row: Mapping[str, Any]) -> list[str]:
    """Return the backbones; a name alone means the version of today's card, so a row of an older one names its own."""
    if row.get("superseded") != OTHER_VERSION:
        return list(row["subset"])
    pairs = zip(row["subset"], row["fingerprints"], strict=True)
    return [f"{name}@{fingerprint[:DIGITS]}" for name, fingerprint in pairs]
