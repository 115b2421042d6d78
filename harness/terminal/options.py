"""Options that several commands share."""

from typing import Annotated

import typer

from fuseboard.store.cli.options import Json as Json
from fuseboard.store.cli.options import StoreFolder as StoreFolder

Device = Annotated[str | None, typer.Option(help="cpu, cuda or cuda:N; the GPU where there is one.")]
Backbones = Annotated[str | None, typer.Option(help="Comma-separated; all that hold the dataset by default.")]
ProtocolName = Annotated[str, typer.Option(help="The frozen choices to measure under.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Fits side by side; one per core by default.")]
Yes = Annotated[bool, typer.Option("--yes", help="Run thousands of fits without asking.")]


def names(text: str | None) -> list[str]:
    """Returns the names in a comma-separated option."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
