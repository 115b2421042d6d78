"""`fuseboard similarity`: how alike the backbones see the test images of a dataset."""

import typer

from fuseboard.harness.terminal.options import Backbones, Json, StoreFolder, Wide, names
from fuseboard.harness.terminal.output import print_rows
from fuseboard.harness.terminal.report import Facts

cli = typer.Typer()


@cli.command()
def similarity(
    dataset: str, backbones: Backbones = None, store: StoreFolder = None, wide: Wide = False, json: Json = False
) -> None:
    """Compare every two backbones by unbiased linear CKA; exit with 1 when two may be one under two names."""
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.datasets import registry as known_datasets
    from fuseboard.store.results.similarity import compare
    from fuseboard.store.store import Store

    opened, name = Store(store, registry.fingerprints), known_datasets.name_of(dataset)
    versions = opened.versions_of(name, registry.specs(names(backbones)))
    rows = compare(opened.root, name, versions, lambda pairs: typer.echo(f"{pairs} pairs to measure", err=True))
    rows.sort(key=lambda row: (row.cka is None, -(row.cka or 0), row.backbone, row.other))
    table: list[Facts] = (
        [row.model_dump(mode="json") for row in rows]
        if json
        else [
            {
                "backbone": row.backbone,
                "other": row.other,
                "cka": row.cka,
                "images": row.images,
                "reason": row.reason,
            }
            for row in rows
        ]
    )
    print_rows(table, json, wide)
    alarms = [row.alarm for row in rows if row.alarm]
    for alarm in alarms:
        typer.echo(alarm, err=True)
    raise typer.Exit(int(bool(alarms)))
