"""A registry: the named things of one kind, such as protocols, strategies or evaluations.

All registries of the project are made here, so that a wrong name is answered alike everywhere. What a registry holds
is light (a path, a declaration, the place of an object), so that listing names imports nothing heavy; what is behind a
place is imported by `load` once somebody asks for it.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, TypeVar

from fuseboard.store.errors import unknown

Thing = TypeVar("Thing")


class Registry(Generic[Thing]):
    """Things of one kind by name, in the order in which they were registered."""

    def __init__(self, kind: str, things: Iterable[tuple[str, Thing]]) -> None:
        """Registers every pair of a name and a thing.

        Args:
            kind: what one of them is called in an error, such as `protocol`.
            things: pairs rather than a dict, in which the second of two equal names would silently win.

        Raises:
            ValueError: two things have the same name.
        """
        self.kind = kind
        self._things: dict[str, Thing] = {}
        for name, thing in things:
            if name in self._things:
                raise ValueError(f"two {kind}s are called {name!r}; rename one of them")
            self._things[name] = thing

    def __getitem__(self, name: str) -> Thing:
        """The thing of that name.

        Raises:
            UsageError: nothing has that name; the error proposes the nearest names.
        """
        if name not in self._things:
            raise unknown(self.kind, name, self._things)
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def values(self) -> Iterable[Thing]:
        """All things, without their names."""
        return self._things.values()


def of_files(kind: str, paths: Iterable[Path]) -> Registry[Path]:
    """A registry of files, each under its name without the ending, in alphabetical order."""
    return Registry(kind, sorted((path.stem, path) for path in paths))


def load(place: str) -> Any:
    """Imports what lies at a place, written `package.module:name`, or `package.module` for the module itself."""
    module, _, name = place.partition(":")
    found = import_module(module)
    return getattr(found, name) if name else found
