"""What a pickle of arrays may hold, beside plain data: names that stay names, and objects of this program."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fuseboard.store.errors import FuseboardError

AXES = 8
"""The most axes that an array may have; embeddings and labels have two or three."""
LARGEST = 2**48
"""No number of elements is as large; sizes of a thousand digits need not be multiplied to know that."""


class Refused(FuseboardError):
    """Something in a pickle that has no place in a file of tensors."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a pickle holds. Nothing is looked up by it outside of the tables of this program."""

    module: str
    qualname: str

    def __str__(self) -> str:
        text = f"{self.module}.{self.qualname}"
        return (text if text.isascii() and text.isprintable() else ascii(text))[:200]


class Placeholder(ABC):
    """An object of this program that a pickle's BUILD may fill, once."""

    @abstractmethod
    def build(self, state: Any) -> None:
        """Takes the state that the pickle holds for it, or raises Refused."""


class Allowance:
    """The bytes that builders may still take, so that a small file that says one thing a million times stays small."""

    def __init__(self, size: int) -> None:
        self._left = size

    def spend(self, size: int) -> None:
        """Raises Refused when more than the allowance is wanted in all."""
        self._left -= size
        if self._left < 0:
            raise Refused("unfolds to far more than its own size: it uses one thing over and over")


Builder = Callable[[tuple[Any, ...]], Any]
Names = Mapping[Name, Builder | None]
"""Every name that a pickle may hold, and what makes its object; None for a name that is only passed around."""


def is_size(value: Any) -> bool:
    """Whether a value can be a number of elements."""
    return type(value) is int and 0 <= value < LARGEST


def extents(value: Any, what: str) -> tuple[int, ...]:
    """Returns a shape or strides: one size per axis."""
    if type(value) not in (tuple, list) or len(value) > AXES or not all(map(is_size, value)):
        raise Refused(f"refuses an array whose {what} is not up to {AXES} whole numbers of sensible size")
    return tuple(value)
