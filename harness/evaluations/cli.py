"""`fuseboard evaluate`: what is measured beside the search."""

from typing import Annotated

import typer

from fuseboard.harness.evaluations import EVALUATIONS
from fuseboard.harness.terminal.options import Backbones, Device, Jobs, Json, ProtocolName, StoreFolder, Wide, names
from fuseboard.harness.terminal.output import print_report

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
    column: Annotated[
        list[str] | None,
        typer.Option(help="Column of the images' table by which `groups` compares them; may be given again."),
    ] = None,
    jobs: Jobs = None,
    device: Device = None,
    store: StoreFolder = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Measure what fusion is held against, or the chosen subset and the best single backbone after tuning."""
    from fuseboard.harness.evaluations import by_name

    report = by_name.evaluate(
        evaluation,
        dataset,
        names(backbones),
        protocol=protocol,
        trials=trials,
        columns=column or (),
        store=store,
        device=device,
        jobs=jobs,
    )
    print_report(report, json, wide)
