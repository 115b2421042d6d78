"""fuseboard: embeddings of biomedical images, which of them are worth fusing, and the leaderboard that shows it.

The three packages are `fuseboard.store`, `fuseboard.harness` and `fuseboard.leaderboard`; the names below are the front
door. They are imported when they are first used, so that `import fuseboard` costs next to nothing.
"""

TYPE_CHECKING = False  # as in `typing`, which is not imported: with `python -m`, a file of that name here would be run
if TYPE_CHECKING:
    from fuseboard.store.embeddings.join import Blocks as Blocks
    from fuseboard.store.errors import FuseboardError as FuseboardError
    from fuseboard.store.errors import UsageError as UsageError
    from fuseboard.store.store import Store as Store

__version__ = "0.1.0"

_HOME = {
    "Blocks": "fuseboard.store.embeddings.join",
    "FuseboardError": "fuseboard.store.errors",
    "Store": "fuseboard.store.store",
    "UsageError": "fuseboard.store.errors",
}
"""Which module each name of the front door is imported from."""

__all__ = ["Blocks", "FuseboardError", "Store", "UsageError", "__version__"]


def __getattr__(name: str) -> object:
    """Imports a name of the front door when it is first asked for."""
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module 'fuseboard' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
