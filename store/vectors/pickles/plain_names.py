"""Names that pickles of arrays hold beside those of NumPy and torch."""

from collections.abc import Callable
from typing import Any

from fuseboard.store.vectors.pickles.pickled import Allowance, Builder, Name, Refused


def names(allowance: Allowance) -> dict[Name, Builder | None]:
    """The empty OrderedDict of a tensor's hooks, and the text that stands for bytes."""
    return {Name("collections", "OrderedDict"): _no_hooks, Name("_codecs", "encode"): _latin1(allowance)}


def _no_hooks(arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Returns the OrderedDict of a tensor's backward hooks, which is always empty."""
    if arguments:
        raise Refused("refuses an OrderedDict with content")
    return {}


def _latin1(allowance: Allowance) -> Callable[[tuple[Any, ...]], bytes]:
    """Protocol 2 has no bytes and writes them as text."""

    def encode(arguments: tuple[Any, ...]) -> bytes:
        if len(arguments) != 2 or type(arguments[0]) is not str or arguments[1] != "latin1":
            raise Refused("refuses _codecs.encode of other than a text in latin1")
        allowance.spend(len(arguments[0]))
        return arguments[0].encode("latin1")

    return encode
