"""`fuseboard grams`: what is shared instead of rows, and what it can score."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.terminal.options import Backbones, Json, StoreFolder, Wide, names
from fuseboard.harness.terminal.output import print_rows
from fuseboard.harness.terminal.report import Facts

cli = typer.Typer(no_args_is_help=True)


@cli.command()
def share(
    dataset: str,
    out: Annotated[Path, typer.Option("--out", "-o", help="Write this file.")],
    backbones: Backbones = None,
    store: StoreFolder = None,
) -> None:
    """Write counts, sums and products of a dataset's embeddings, of which no row is a part."""
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.datasets import registry as datasets
    from fuseboard.harness.grams import shared
    from fuseboard.harness.search.pool import gather
    from fuseboard.store.store import Store

    pool = gather(Store(store, registry.fingerprints), datasets.name_of(dataset), registry.specs(names(backbones)))
    own = shared.of_pool(pool)
    shared.write(own, out)
    images = ", ".join(f"{part.rows:,} {split}" for split, part in own.splits.items())
    typer.echo(f"{out}: sums of {images} images over {sum(own.facts.dims):,} columns, no image and no id", err=True)


@cli.command()
def search(files: list[Path], wide: Wide = False, json: Json = False) -> None:
    """Score every subset by ridge on the pooled images of all files, which parties shared."""
    from fuseboard.harness.grams.scores import scores
    from fuseboard.harness.grams.shared import pooled

    total = pooled(files)
    found = scores(total)
    rows: list[Facts] = [
        {"subset": "+".join(one.subset), "alpha": one.alpha, "val_r2": one.val_r2, "test_r2": one.test_r2}
        for one in found
    ]
    images = ", ".join(f"{part.rows:,} {split}" for split, part in total.splits.items())
    typer.echo(f"{len(files)} files, {images} images; {len(found)} subsets, the best on validation first", err=True)
    print_rows(rows, json, wide)
