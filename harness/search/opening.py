"""A search by names: what the command line and the front door open alike."""

from collections.abc import Sequence
from pathlib import Path

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.limits import Limits
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.protocols import own
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.runtime.device import of_fits, resolve
from fuseboard.harness.search import strategies
from fuseboard.harness.search.outlook import outlook
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results import profiles
from fuseboard.store.store import Store

NO_LIMITS = Limits()


def open_search(
    dataset: str,
    backbones: Sequence[str] = (),
    protocol: str | Protocol = "biofuse-2026",
    store: Store | str | Path | None = None,
    device: str | None = None,
    jobs: int | None = None,
    address: str | None = None,
    yes: bool = False,
    limits: Limits = NO_LIMITS,
) -> Search:
    """Returns a search of a dataset whose embeddings are in a store.

    Args:
        dataset: its name, or the path of the TOML of one's own images.
        backbones: names, `name@fingerprint`, or paths of cards; all that hold the dataset when empty.
        protocol: its name, the path of a TOML of one's own, or a protocol.
        store: the store or its folder; the default one when None.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None. With an address it is that of workers.
        jobs: fits side by side.
        address: of a Dask scheduler, to fit there instead.
        yes: more fits than anybody asks for by accident are meant.
        limits: of the weights that may be used; what they leave out is in the search's `left_out`.

    Raises:
        FuseboardError: an unknown name, no embeddings of the dataset, or none that the limits leave.
    """
    opened = store if isinstance(store, Store) else Store(store, registry.fingerprints)
    rules = own.get(protocol, opened.root) if isinstance(protocol, str) else protocol
    where = device if address and device else of_fits(resolve(device))
    name, specs = datasets.name_of(dataset), registry.specs(backbones)
    specs, left_out = _within(limits, opened, name, specs) if limits != NO_LIMITS else (specs, {})
    return Search(opened, name, rules, specs, where, jobs, address, yes, left_out=left_out)


def _within(limits: Limits, store: Store, dataset: str, specs: list[str]) -> tuple[list[str], dict[str, str]]:
    """Returns the versions that may be used, and backbone -> why it may not."""
    versions = store.versions_of(dataset, specs)
    measured = profiles.read(store.root) if limits.max_vram is not None else []
    left_out = {name: told for name, version in versions.items() if (told := limits.refusal_of(version, measured))}
    kept = [version.spec for name, version in versions.items() if name not in left_out]
    if not kept:
        told = ", ".join(f"{name} ({reason})" for name, reason in left_out.items())
        raise FuseboardError(f"{dataset}: no backbone of the store may be used: {told}")
    return kept, left_out


def search(
    dataset: str,
    backbones: Sequence[str] = (),
    *,
    strategy: str = "exhaustive",
    protocol: str | Protocol = "biofuse-2026",
    store: Store | str | Path | None = None,
    device: str | None = None,
    jobs: int | None = None,
    yes: bool = False,
    commercial: bool = False,
    open_weights: bool = False,
    max_vram: float | None = None,
) -> Chosen:
    """Searches the fusion of backbones that is best on validation, as `fuseboard search` does.

    Fits that were done before are not done again; rows are kept in the store.

    Args:
        dataset: its name, or the path of the TOML of one's own images; its embeddings must be in the store.
        backbones: names, `name@fingerprint`, or paths of cards; all that hold the dataset when empty.
        strategy: which subsets are tried; see docs/search-strategies.md.
        protocol: its name, the path of a TOML of one's own, or a protocol.
        store: the store or its folder; the default one when None.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None.
        jobs: fits side by side.
        yes: more fits than anybody asks for by accident are meant.
        commercial: only weights whose licence is known to allow commercial use.
        open_weights: only weights that ask nobody to agree to terms.
        max_vram: GB of the GPU that new images are to be embedded on; only backbones known to fit there.

    Returns:
        The choice, its rows, what it hides (`choice`, `rows`, `table`, `notes`), and what the images could tell before
        the search (`outlook`).

    Raises:
        FuseboardError: an unknown name, no embeddings of the dataset, or more fits than `yes` allows.
    """
    plan, limits = strategies.get(strategy), Limits(commercial, open_weights, max_vram)
    engine = open_search(dataset, backbones, protocol, store, device, jobs, yes=yes, limits=limits)
    before = outlook(engine)
    choice = engine.run(plan)
    return Chosen(choice, engine.rows(sorted(choice.finalists)), engine.remarks, before)
