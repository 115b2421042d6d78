"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Store = Annotated[Path | None, typer.Option("--store", help="The store; else $FUSEBOARD_STORE, else your cache.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda or cuda:N; the GPU where there is one.")]
Backbones = Annotated[str | None, typer.Option(help="Comma-separated; all that hold the dataset by default.")]
ProtocolName = Annotated[str, typer.Option(help="The frozen choices to measure under.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Fits side by side; one per core by default.")]
Yes = Annotated[bool, typer.Option("--yes", help="Run thousands of fits without asking.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def names(text: str | None) -> list[str]:
    """Of a comma-separated option."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
