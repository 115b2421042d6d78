"""`fuseboard store pull | push | deposit | import-biofuse`: the ways in and out of the store."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.store.cli.options import StoreFolder
from fuseboard.store.errors import UsageError
from fuseboard.store.files.location import store_root

if TYPE_CHECKING:
    from fuseboard.store.embeddings.dataset_protocol import Datasets

Sandbox = Annotated[bool, typer.Option("--sandbox", help="Zenodo's sandbox, where nothing is for ever.")]
Backbone = Annotated[str, typer.Argument(help="BACKBONE or BACKBONE@FINGERPRINT.")]


def add(app: typer.Typer, datasets: "Datasets") -> None:
    """Adds the commands to those of the store."""
    app.command()(pull)
    app.command()(push)
    app.command()(deposit)

    @app.command("import-biofuse")
    def import_biofuse(
        folder: Annotated[Path, typer.Argument(help="The folder of pickles, DATASET_MODEL_SIZE_SPLIT.pkl.")],
        source: Annotated[
            str, typer.Option(help="Where the cache is from; rows of unknown order are joined within one source only.")
        ] = "10.5281/zenodo.16732578",
        store: StoreFolder = None,
    ) -> None:
        """Bring in the cache that BioFuse published; nothing in its pickles is executed."""
        _import(store_root(store), folder, datasets, source)


def pull(
    name: Annotated[str, typer.Argument(help="ORG/NAME on the Hub, or a Zenodo record: its number or DOI.")],
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    revision: Annotated[str | None, typer.Option(help="Fingerprint, tag or commit on the Hub.")] = None,
    sandbox: Sandbox = False,
    store: StoreFolder = None,
) -> None:
    """Bring a backbone's embeddings into the store, every file checked."""
    from fuseboard.store.remotes import zenodo

    root = store_root(store)
    _note(f"pulling {name} into {root}")
    if zenodo.is_record(name):
        if revision is not None:
            raise UsageError("--revision is the Hub's; a Zenodo record is one version already")
        landed = zenodo.pull(root, name, dataset, split, sandbox)
    elif sandbox:
        raise UsageError("--sandbox is Zenodo's; give a record's number or DOI")
    else:
        from fuseboard.store.remotes import hub

        landed = hub.pull(root, name, dataset, split, revision)
    print(f"{landed.version.spec}: {landed.files} files, {landed.bytes / 1e6:.1f} MB transferred")


def push(
    backbone: Backbone,
    repository: Annotated[str, typer.Argument(help="ORG/NAME on the Hub; it is made where it does not exist.")],
    store: StoreFolder = None,
) -> None:
    """Publish a version on the Hugging Face Hub, where its licence allows it."""
    from fuseboard.store.remotes import hub
    from fuseboard.store.store import Store

    opened = Store(store)
    version = opened.version(backbone)
    _note(f"pushing {version.spec} to {repository}")
    print(hub.push(opened.root, version, repository))


def deposit(
    backbone: Backbone,
    creator: Annotated[list[str], typer.Option(help="Family, Given; Affiliation; ORCID. Once for each, in order.")],
    publish: Annotated[bool, typer.Option("--publish", help="Publish it for ever; else it stays a draft.")] = False,
    new_version: Annotated[str | None, typer.Option(help="Record or DOI that this is a new version of.")] = None,
    sandbox: Sandbox = False,
    store: StoreFolder = None,
) -> None:
    """Deposit a version at Zenodo, where its licence allows it; the token is $ZENODO_TOKEN."""
    from fuseboard.store.remotes import zenodo_deposit as deposits
    from fuseboard.store.remotes.zenodo_metadata import Creator
    from fuseboard.store.store import Store

    opened = Store(store)
    version = opened.version(backbone)
    creators = [Creator.parse(text) for text in creator]
    _note(f"depositing {version.spec}")
    done = deposits.deposit(opened.root, version, creators, sandbox, publish, new_version)
    _note(f"{done.files} files, {done.bytes / 1e6:.1f} MB sent" if done.files else "nothing had to be sent")
    print(f"{done.doi} {done.url}{'' if done.published else ' (a draft: look at it, then run again with --publish)'}")


def _import(root: Path, folder: Path, datasets: "Datasets", source: str) -> None:
    from fuseboard.store.remotes.biofuse import cache as biofuse_cache

    refused, imported = 0, set()
    for one in biofuse_cache.import_cache(root, folder, datasets, source):
        if isinstance(one, biofuse_cache.Refused):
            refused += 1
            _note(f"refused: {one.reason}")
        else:
            imported.add(one.backbone)
            state = "" if one.changed else ", nothing new"
            print(f"{one.file}: {one.backbone} {one.dataset} {one.split}, {one.rows:,} rows, order {one.order}{state}")
            _note(f"  {one.proof}")
    _note(f"{len(imported)} versions from {source}, {refused} files refused")
    if refused:
        raise typer.Exit(1)


def _note(text: str) -> None:
    print(text, file=sys.stderr)
