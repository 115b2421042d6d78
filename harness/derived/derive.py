"""Deriving a version: fitted where nothing was fitted on these images before, and kept."""

from dataclasses import dataclass

from fuseboard.harness.derived.fit import fit
from fuseboard.store.embeddings import block, derived, deriving, private, transform_file
from fuseboard.store.embeddings.derived import Identity, Recipe
from fuseboard.store.embeddings.labels import CORRUPTED
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store


@dataclass(frozen=True)
class Made:
    """A derived version, and what it is made of."""

    version: Version
    source: Version
    changed: bool
    variance: float | None
    """Share that a projection keeps of the variance of training; None where none was fitted now."""

    @property
    def fitted_on(self) -> dict[str, object]:
        """The images that its transform was fitted on."""
        own = Identity.of(self.version.manifest.identity)
        return {} if own is None else dict(own.fitted_on)


def derive(store: Store, backbone: str, dataset: str, recipe: Recipe) -> Made:
    """Derives smaller vectors of a dataset from those that a store has of a backbone.

    What was fitted on these images before, or on the clean images of a corrupted test set, is used again, so that a
    dataset that grew gets vectors that fit those it had.

    Args:
        store: where the vectors lie, and go.
        backbone: a name or `name@fingerprint`.
        dataset: its name in the store.
        recipe: what is done.

    Raises:
        UsageError: nothing is to be done, the version is derived itself or metadata, or there is no training split to
            fit on.
        FuseboardError: the store has no such vectors, or they are damaged.
    """
    if not recipe.kinds:
        raise UsageError("say what is to be made: --pca DIM, --int8 or --binary")
    source = store.version(backbone, dataset)
    derived.refuse_chain(source.manifest, recipe)
    if private.is_metadata(source.manifest):
        raise UsageError(f"{source.manifest.backbone} is metadata of a few numbers, of which nothing smaller is made")
    entry, share = source.manifest.dataset(dataset), None
    before = deriving.fitted(store.versions, source, dataset, recipe)
    if before is not None:
        made, own = transform_file.read(before), Identity.of(before.manifest.identity)
    elif "train" in entry.splits:
        made, share = fit(recipe, block.read(source, dataset, "train").matrix)
        own = deriving.identity(source, dataset)
    else:
        clean = dataset.removesuffix(CORRUPTED)
        mend = f"derive those of {clean} first" if clean != dataset else "extract its training images first"
        raise UsageError(f"{source.manifest.backbone} has no training images of {dataset} to fit on; {mend}")
    assert own is not None
    version, changed = deriving.keep(store.root, source, dataset, recipe, own, made)
    store.forget_versions()
    return Made(version, source, changed, share)
