"""An evaluation by names: what the command line and the front door run alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fuseboard.harness import evaluations
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search.opening import open_search
from fuseboard.harness.terminal.report import Report
from fuseboard.store.errors import UsageError
from fuseboard.store.results.evaluations import GROUPS, TUNED
from fuseboard.store.store import Store


def evaluate(
    evaluation: str,
    dataset: str,
    backbones: Sequence[str] = (),
    *,
    protocol: str | Protocol = "biofuse-2026",
    trials: int | None = None,
    columns: Sequence[str] = (),
    store: Store | str | Path | None = None,
    device: str | None = None,
    jobs: int | None = None,
) -> Report:
    """Measures what fusion is held against, as `fuseboard evaluate` does; what is known is not measured again.

    Args:
        evaluation: `singles`, `soft-vote`, `linear-probe`, `knn`, `tuned`, `attention-trained`, `corruption` …
        dataset: its name, or the path of the TOML of one's own images; its embeddings must be in the store.
        backbones: names, `name@fingerprint`, or paths of cards; all that hold the dataset when empty.
        protocol: its name, the path of a TOML of one's own, or a protocol.
        trials: of `tuned`, where they are fewer than the protocol says.
        columns: of the images' table, by which `groups` compares them, such as the site.
        store: the store or its folder; the default one when None.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None.
        jobs: fits side by side.

    Returns:
        Its rows, a table, and notes on what the numbers hide.

    Raises:
        FuseboardError: an unknown name, or no embeddings of the dataset.
    """
    if trials is not None and evaluation != TUNED.name:
        raise UsageError(f"trials are of the evaluation tuned; {evaluation} has none, leave it out")
    if columns and evaluation != GROUPS.name:
        raise UsageError(f"columns are of the evaluation groups; {evaluation} has none, leave them out")
    options: dict[str, Any] = {} if trials is None else {"trials": trials}
    options |= {"columns": columns} if columns else {}
    measure = evaluations.get(evaluation)
    return measure(open_search(dataset, backbones, protocol, store, device, jobs), **options)
