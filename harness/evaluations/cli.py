"""`fuseboard evaluate`: what is measured beside the search."""

from typing import Annotated

import typer

from fuseboard.harness.evaluations import EVALUATIONS
from fuseboard.harness.terminal.options import Backbones, Device, Jobs, Json, ProtocolName, StoreFolder, names
from fuseboard.harness.terminal.output import print_report
from fuseboard.store.errors import UsageError
from fuseboard.store.results.evaluations import TUNED

cli = typer.Typer()


@cli.command()
def evaluate(
    evaluation: Annotated[str, typer.Argument(help=", ".join(EVALUATIONS))],
    dataset: str,
    backbones: Backbones = None,
    protocol: ProtocolName = "biofuse-2026",
    trials: Annotated[
        int | None, typer.Option(min=1, help="Run fewer trials of `tuned` than the protocol says.")
    ] = None,
    jobs: Jobs = None,
    device: Device = None,
    store: StoreFolder = None,
    json: Json = False,
) -> None:
    """Measure what fusion is held against, or the chosen subset and the best single backbone after tuning."""
    from fuseboard.harness import evaluations
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.datasets import registry as known_datasets
    from fuseboard.harness.protocols import own as protocols
    from fuseboard.harness.runtime.device import resolve
    from fuseboard.harness.search.search import Search
    from fuseboard.store.store import Store

    if trials is not None and evaluation != TUNED.name:
        raise UsageError(f"--trials is of the evaluation tuned; {evaluation} has none, leave it out")
    options = {} if trials is None else {"trials": trials}
    measure, opened = evaluations.get(evaluation), Store(store, registry.fingerprints)
    rules = protocols.get(protocol, opened.root)
    name = known_datasets.name_of(dataset)
    engine = Search(opened, name, rules, registry.specs(names(backbones)), resolve(device), jobs)
    print_report(measure(engine, **options), json)
