"""Options that several commands of the store share, and questions before what cannot be undone."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fuseboard.store.errors import UsageError
from fuseboard.store.files.location import store_root


def _possible(context: typer.Context, folder: Path | None) -> Path | None:
    """Raises where no store can be meant, before anything else is looked at; `$FUSEBOARD_STORE` where nothing else is.

    Before the name of a command only what is given there is looked at: the command may name another.
    """
    if not context.resilient_parsing and (folder is not None or context.parent is not None):
        store_root(folder)
    return folder


StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", callback=_possible, help="Use the store in this folder; by default in $FUSEBOARD_STORE."),
]
Wide = Annotated[
    bool, typer.Option("--wide", help="Print every column, and each row in one line, however long that is.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Zenodo's sandbox, where nothing is for ever.")]


def agreed(question: str, yes: bool) -> bool:
    """Asks a question; `yes` answers it.

    Raises:
        UsageError: the input ended, so there is nobody to answer.
    """
    if yes:
        return True
    try:
        return typer.confirm(question, err=True)
    except typer.Abort as error:
        if isinstance(error.__context__, EOFError):
            note("")
            raise UsageError(f"nobody answered {question!r}; add --yes to do it without asking") from error
        raise


def announce(root: Path) -> None:
    """Says where a store will be made that is not there yet: a typo in its path makes a new one."""
    if not root.exists():
        note(f"a new store is made at {root}")


def note(text: str) -> None:
    """Says something on stderr, beside the data on stdout."""
    print(text, file=sys.stderr)
