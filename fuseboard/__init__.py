"""fuseboard: embeddings of biomedical images, which of them are worth fusing, and the leaderboard that shows it.

The names below are the front door, and all that a program needs. They are imported when they are first used, so that
`import fuseboard` costs next to nothing; what embeds, searches or fuses needs the extra `harness`.

    from fuseboard import Fusion
    fusion = Fusion().fit(paths, labels)
    print(fusion.selection_)
    fusion.predict_proba(others)

The packages behind it are `fuseboard.store`, `fuseboard.harness` and `fuseboard.leaderboard`.
"""

TYPE_CHECKING = False  # as in `typing`, which is not imported: with `python -m`, a file of that name here would be run
if TYPE_CHECKING:
    from fuseboard import leaderboard as leaderboard
    from fuseboard.harness.backbones import registry as backbones  # noqa: F401
    from fuseboard.harness.datasets import registry as datasets  # noqa: F401
    from fuseboard.harness.evaluations.by_name import evaluate as evaluate
    from fuseboard.harness.fusion.bundle.loading import load as load
    from fuseboard.harness.fusion.embed import embed_images as embed  # noqa: F401
    from fuseboard.harness.fusion.estimator import Fusion as Fusion
    from fuseboard.harness.fusion.estimator import FusionRegressor as FusionRegressor
    from fuseboard.harness.fusion.transformer import FusionEmbedder as FusionEmbedder
    from fuseboard.harness.search.opening import search as search
    from fuseboard.store.embeddings.join import Blocks as Blocks
    from fuseboard.store.errors import FuseboardError as FuseboardError
    from fuseboard.store.errors import UsageError as UsageError
    from fuseboard.store.store import Store as Store

__version__ = "0.1.0"

_HOME = {
    "Blocks": "fuseboard.store.embeddings.join:Blocks",
    "Fusion": "fuseboard.harness.fusion.estimator:Fusion",
    "FusionEmbedder": "fuseboard.harness.fusion.transformer:FusionEmbedder",
    "FusionRegressor": "fuseboard.harness.fusion.estimator:FusionRegressor",
    "FuseboardError": "fuseboard.store.errors:FuseboardError",
    "Store": "fuseboard.store.store:Store",
    "UsageError": "fuseboard.store.errors:UsageError",
    "backbones": "fuseboard.harness.backbones.registry",
    "datasets": "fuseboard.harness.datasets.registry",
    "embed": "fuseboard.harness.fusion.embed:embed_images",
    "evaluate": "fuseboard.harness.evaluations.by_name:evaluate",
    "leaderboard": "fuseboard.leaderboard",
    "load": "fuseboard.harness.fusion.bundle.loading:load",
    "search": "fuseboard.harness.search.opening:search",
}
"""Where each name of the front door comes from: `module:name`, or a module whose functions it stands for."""

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> object:
    """Imports a name of the front door when it is first asked for."""
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module 'fuseboard' has no attribute {name!r}")
    module, _, attribute = _HOME[name].partition(":")
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        from fuseboard.harness.terminal.extras import what_is_missing

        if (missing := what_is_missing(error)) is None:
            raise
        raise ModuleNotFoundError(f"fuseboard.{name}: {missing}", name=error.name) from error
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
