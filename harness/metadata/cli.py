"""`fuseboard store import-metadata`: what a table says of patients becomes a block that joins a search."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.terminal.options import StoreFolder, names


def import_metadata(
    dataset: Annotated[
        str, typer.Option("--dataset", "-d", help="Whose images: a name, or your own folder, table or TOML.")
    ],
    table: Annotated[
        Path | None,
        typer.Argument(
            help="A CSV, TSV or Parquet file with a row per image; by default the columns that the store keeps of your "
            "own images."
        ),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Take these columns, comma-separated; by default all but path, label and split.")
    ] = None,
    name: Annotated[str, typer.Option(help="Call the block so in searches.")] = "metadata",
    store: StoreFolder = None,
) -> None:
    """Make numbers of age, sex or any column, which join a search like a backbone; they leave the store only if named.

    Numbers are standardised and categories get a number each, as training has them; what is missing has its own.
    """
    from fuseboard.harness.datasets import registry
    from fuseboard.harness.metadata.block import make
    from fuseboard.store.cli.options import announce, note
    from fuseboard.store.files.location import store_root

    root = store_root(store)
    images = registry.get(dataset).as_divided(root)
    announce(root)
    made = make(root, images, table, names(columns), name)
    for column in made.encoding.columns:
        note(f"{column.name}: {column.kind}, {len(column.features)} of {len(made.encoding.features)} numbers")
    for remark in made.remarks:
        note(f"remark: {remark}")
    entry = made.version.manifest.datasets[images.name]
    state = "" if made.changed else ", nothing new"
    print(f"{made.version.spec}: {images.name} {' '.join(entry.splits)}{state}")
