"""`fuseboard search` and `fuseboard strategies`: which subset of backbones to fuse, and what finding it costs."""

from typing import Annotated

import typer

from fuseboard.harness.search import strategies
from fuseboard.harness.terminal.options import (
    Backbones,
    Commercial,
    Device,
    Jobs,
    Json,
    MaxVram,
    OpenWeights,
    ProtocolName,
    StoreFolder,
    Wide,
    Yes,
    names,
)
from fuseboard.harness.terminal.output import print_report, print_rows, print_selection_optimism

cli = typer.Typer()


@cli.command()
def search(
    dataset: str,
    backbones: Backbones = None,
    strategy: Annotated[
        str, typer.Option(help=f"{', '.join(strategies.STRATEGIES)}; see docs/search-strategies.md.")
    ] = "exhaustive",
    protocol: ProtocolName = "biofuse-2026",
    jobs: Jobs = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Fit on the workers of this Dask scheduler; `gpus`: on all GPUs here."),
    ] = None,
    commercial: Commercial = False,
    open_weights: OpenWeights = False,
    max_vram: MaxVram = None,
    yes: Yes = False,
    device: Device = None,
    store: StoreFolder = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Search the fusion of backbones that is best on validation, and report it on test."""
    from fuseboard.harness.backbones.limits import Limits
    from fuseboard.harness.classifiers.fusion import all_subsets
    from fuseboard.harness.runtime import cluster as clusters
    from fuseboard.harness.search import shapley_note
    from fuseboard.harness.search.opening import open_search
    from fuseboard.harness.search.outlook import outlook
    from fuseboard.harness.search.report import Chosen

    plan = strategies.get(strategy)
    with clusters.opened(cluster) as address:
        where = clusters.device_of(address, device) if address else device
        limits = Limits(commercial, open_weights, max_vram)
        engine = open_search(dataset, names(backbones), protocol, store, where, jobs, address, yes, limits)
        before = outlook(engine) if strategy != "all" else None
        for note in before.notes if before else []:
            typer.echo(note, err=True)
        choice = engine.run(plan)
    typer.echo(f"{engine.fits} fits", err=True)
    if choice.measured == choice.possible:
        rows = engine.rows(all_subsets(list(engine.pool.versions)))
        print_selection_optimism(rows)
        if (shares := shapley_note.of_rows(rows)) is not None:
            typer.echo(shares, err=True)
    print_report(Chosen(choice, engine.rows(sorted(choice.finalists)), engine.remarks), json, wide)


@cli.command("strategies")
def compare_strategies(
    dataset: str,
    backbones: Backbones = None,
    protocol: ProtocolName = "biofuse-2026",
    jobs: Jobs = None,
    yes: Yes = False,
    device: Device = None,
    store: StoreFolder = None,
    wide: Wide = False,
    json: Json = False,
) -> None:
    """Say what every search strategy costs, and what its choice loses against the exhaustive search."""
    from dataclasses import asdict

    from fuseboard.harness.search.opening import open_search
    from fuseboard.harness.search.strategy_comparison import prices

    engine = open_search(dataset, names(backbones), protocol, store, device, jobs, yes=yes)
    print_rows(
        [asdict(price) for price in prices(engine, list(strategies.STRATEGIES))], json, wide, ("probes", "fusion")
    )
