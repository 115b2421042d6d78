"""Options that several commands of the store share."""

from pathlib import Path
from typing import Annotated

import typer

StoreFolder = Annotated[Path | None, typer.Option("--store", help="The store's folder; $FUSEBOARD_STORE otherwise.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
