"""`fuseboard store derive`: smaller vectors of a stored version become a version of their own."""

from typing import Annotated

import typer

from fuseboard.harness.terminal.options import StoreFolder
from fuseboard.store.errors import UsageError


def derive(
    backbone: Annotated[str, typer.Argument(help="BACKBONE or BACKBONE@FINGERPRINT, whose vectors the store has.")],
    dataset: Annotated[
        str, typer.Option("--dataset", "-d", help="Of this dataset: a name, or your own folder, table or TOML.")
    ],
    pca: Annotated[
        int | None, typer.Option(min=1, max=99_999, help="Project on so many principal directions of training.")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="Store one byte per number.")] = False,
    binary: Annotated[bool, typer.Option("--binary", help="Store one bit per number.")] = False,
    store: StoreFolder = None,
) -> None:
    """Make smaller vectors of those in the store, called such as hog-pca64-int8; nothing is embedded again.

    All is fitted on training images alone, and kept with the version for images that come later. `evaluate sizes` says
    what is lost.
    """
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.datasets import registry as datasets
    from fuseboard.harness.derived.derive import derive as make
    from fuseboard.store.cli.options import note
    from fuseboard.store.embeddings.coding import bytes_per_image
    from fuseboard.store.embeddings.derived import Recipe
    from fuseboard.store.store import Store

    if int8 and binary:
        raise UsageError("--int8 and --binary exclude each other; give one")
    recipe = Recipe(pca, "int8" if int8 else "binary" if binary else None)
    name = datasets.name_of(dataset)
    made = make(Store(store, registry.fingerprints), backbone, name, recipe)
    of, new = made.source.manifest, made.version.manifest
    before, after = bytes_per_image(of.dtype, of.dim), bytes_per_image(new.dtype, new.dim)
    note(f"{new.dim:,} numbers, {after:,} bytes per image instead of {before:,} ({before / after:.1f} times smaller)")
    if made.variance is not None and pca:
        note(f"the projection keeps {made.variance:.1%} of the variance of training")
    fitted, now = made.fitted_on, of.datasets[name]
    if fitted["dataset"] != name or fitted["source_md5"] != now.source_md5:
        note(
            f"fitted on the {fitted['images']:,} training images that {fitted['dataset']} had when it was first derived"
        )
    state = "" if made.changed else ", nothing new"
    print(f"{made.version.spec}: {name} {' '.join(new.datasets[name].splits)}{state}")
