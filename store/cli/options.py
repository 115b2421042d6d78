"""Options that several commands of the store share."""

from pathlib import Path
from typing import Annotated

import typer

StoreFolder = Annotated[
    Path | None, typer.Option("--store", help="Use the store in this folder; by default in $FUSEBOARD_STORE.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
