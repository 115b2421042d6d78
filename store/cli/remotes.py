"""`fuseboard store pull | import-biofuse`: the ways into the store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.store.cli.options import Sandbox, StoreFolder, announce, note
from fuseboard.store.files.location import store_root

if TYPE_CHECKING:
    from fuseboard.store.embeddings.dataset_protocol import Datasets


def add(app: typer.Typer, datasets: "Datasets") -> None:
    """Adds the commands to those of the store."""
    app.command()(pull)

    @app.command("import-biofuse")
    def import_biofuse(
        folder: Annotated[Path, typer.Argument(help="The folder of pickles, DATASET_MODEL_SIZE_SPLIT.pkl.")],
        source: Annotated[
            str, typer.Option(help="Where the cache is from; rows of unknown order are joined within one source only.")
        ] = "10.5281/zenodo.16732578",
        store: StoreFolder = None,
    ) -> None:
        """Bring in the cache that BioFuse published; nothing in its pickles is executed."""
        root = store_root(store)
        announce(root)
        _import(root, folder, datasets, source)


def pull(
    name: Annotated[
        str, typer.Argument(help="ORG/NAME on the Hub or its address; or a Zenodo record, by number or DOI.")
    ],
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    revision: Annotated[str | None, typer.Option(help="Fingerprint, tag or commit on the Hub.")] = None,
    sandbox: Sandbox = False,
    store: StoreFolder = None,
) -> None:
    """Bring a backbone's embeddings into the store, every file checked."""
    from fuseboard.store.remotes import place

    root = store_root(store)
    place.check(name, revision, sandbox)
    announce(root)
    note(f"pulling {name} into {root}")
    landed = place.pull(root, name, dataset, split, revision, sandbox)
    print(f"{landed.version.spec}: {landed.files} files, {landed.bytes / 1e6:.1f} MB transferred")


def _import(root: Path, folder: Path, datasets: "Datasets", source: str) -> None:
    from fuseboard.store.remotes.biofuse import cache as biofuse_cache

    refused, imported = 0, set()
    for one in biofuse_cache.import_cache(root, folder, datasets, source):
        if isinstance(one, biofuse_cache.Refused):
            refused += 1
            note(f"refused: {one.reason}")
        else:
            imported.add(one.backbone)
            state = "" if one.changed else ", nothing new"
            print(f"{one.file}: {one.backbone} {one.dataset} {one.split}, {one.rows:,} rows, order {one.order}{state}")
            note(f"  {one.proof}")
    note(f"{len(imported)} versions from {source}, {refused} files refused")
    if refused:
        raise typer.Exit(1)
