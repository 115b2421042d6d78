"""`fuseboard store gc | remove`: what goes from the store, shown and confirmed before anything is deleted."""

from typing import TYPE_CHECKING, Annotated

import typer

from fuseboard.store.cli.options import StoreFolder, agreed, note
from fuseboard.store.errors import UsageError, unknown
from fuseboard.store.files.table import show

if TYPE_CHECKING:
    from fuseboard.store.embeddings.current import Cards as Fingerprints
    from fuseboard.store.store import Store


def add(app: typer.Typer, current: "Fingerprints") -> None:
    """Adds the commands to those of the store; `current` gives, per backbone, the fingerprint of its present card."""

    @app.command()
    def gc(
        yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False, store: StoreFolder = None
    ) -> None:
        """Remove superseded versions and unfinished pulls, after asking."""
        from fuseboard.store.store import Store

        _collect(Store(store, current), yes)

    @app.command()
    def remove(
        spec: Annotated[
            str | None,
            typer.Argument(metavar="[BACKBONE[@FINGERPRINT]]", help="The version; every version where it is left out."),
        ] = None,
        dataset: Annotated[
            str | None, typer.Option("--dataset", "-d", help="Only this dataset of it, by the name that `list` shows.")
        ] = None,
        yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
        store: StoreFolder = None,
    ) -> None:
        """Remove embeddings for good, with every result row that was measured on them, after asking."""
        from fuseboard.store.store import Store

        if spec is None and dataset is None:
            raise UsageError("name a BACKBONE, a --dataset, or both; for superseded versions there is `store gc`")
        _remove(Store(store, current), spec, dataset, yes)


def _collect(store: "Store", yes: bool) -> None:
    from fuseboard.store.embeddings import gc as garbage

    found = garbage.find(store.root, store.versions, store.current)
    if not found:
        print(f"{store.root}: nothing to remove")
        return
    names = ["backbone", "version", "MB", "why it can go"]
    show(names, [[g.backbone, g.fingerprint[:12], f"{g.bytes / 1e6:,.1f}", g.reason] for g in found], right={"MB"})
    if not agreed(f"Remove these {len(found)} for good?", yes):
        print("nothing was removed")
        return
    for one in found:
        done = garbage.remove(store.root, one)
        print(f"{'removed' if done else 'left, because something is working on it:'} {one.folder}")


def _remove(store: "Store", spec: str | None, dataset: str | None, yes: bool) -> None:
    from fuseboard.store import removal
    from fuseboard.store.embeddings import by_image, image_table

    if spec is None and store.broken_versions:  # it may hold what must go
        raise next(iter(store.broken_versions.values()))
    chosen = store.versions if spec is None else [store.version(spec, dataset)]
    found = removal.find(store.root, chosen, dataset)
    if not found and dataset is not None and spec is None and image_table.path_of(store.root, dataset).is_file():
        if agreed(f"Remove what a removal that was cut off left of {dataset}?", yes):
            removal.forget(store.root, dataset)
            print(f"removed what was left of {dataset}")
        return
    if not found:
        held = sorted({name for version in chosen for name in version.manifest.datasets})
        raise unknown("dataset", str(dataset), held, str(store.root if spec is None else chosen[0].spec))
    names = ["version", "datasets", "MB", "result rows"]
    table = [[r.version.spec, ", ".join(r.datasets), f"{r.bytes / 1e6:,.1f}", f"{len(r.keys):,}"] for r in found]
    show(names, table, right={"MB", "result rows"})
    if not agreed("Remove this for good?", yes):
        print("nothing was removed")
        return
    for one in found:
        removal.remove(store.root, one)
        print(f"removed {one.version.spec}: {', '.join(one.datasets)}")
    if store.broken_versions:
        note("tables, rows and single vectors stay where a manifest that cannot be read may hold the dataset")
    images = {name: image_table.images(store.root, name) for name in image_table.datasets(store.root)}
    gone = [name for one in found for name in one.datasets]
    for name in dict.fromkeys(gone):
        removal.forget(store.root, name)
        shared = sorted(other for other, own in images.items() if other not in gone and own & images.get(name, set()))
        if shared:
            too = "these" if len(shared) > 1 else "that"
            note(f"images of {name} are also in {', '.join(shared)}; remove {too} too where they must go")
    note(
        "the next `fuseboard leaderboard build` leaves them out; a site that was built before, models that were "
        "trained and what was pushed elsewhere are still there"
    )
    if dataset is not None and any((store.root / by_image.FOLDER).rglob("*.parquet")):
        note(
            f"{store.root / by_image.FOLDER} holds vectors of further images that were embedded outside of datasets, "
            "by their content: whose they are is not known there, so remove the folder where they must go too"
        )
