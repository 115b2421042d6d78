"""Options that several commands share."""

from typing import Annotated

import typer

from fuseboard.store.cli.options import Json as Json
from fuseboard.store.cli.options import StoreFolder as StoreFolder
from fuseboard.store.cli.options import Wide as Wide
from fuseboard.store.errors import UsageError

Device = Annotated[
    str | None, typer.Option(help="Compute on cpu, cuda, cuda:N or mps; by default on the CUDA GPU where there is one.")
]
Backbones = Annotated[
    str | None,
    typer.Option(
        help="Take only these names, cards or folders of cards, comma-separated; by default all that hold the dataset."
    ),
]
ProtocolName = Annotated[
    str, typer.Option(help="Measure under the choices of this protocol, or of a TOML file of your own.")
]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Run so many fits side by side; by default one per core, on a GPU up to four.")
]
Commercial = Annotated[
    bool, typer.Option("--commercial", help="Take only weights whose licence is known to allow commercial use.")
]
OpenWeights = Annotated[bool, typer.Option("--open", help="Take only weights that ask nobody to agree to terms.")]
MaxVram = Annotated[
    float | None, typer.Option(min=0, metavar="GB", help="Take only backbones that run on a GPU of this memory.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Run thousands of fits without asking.")]


def names(text: str | None) -> list[str]:
    """Returns the names in a comma-separated option; none where it is not given.

    Raises:
        UsageError: it is given and names nothing, which nobody who wants everything writes.
    """
    if text is None:
        return []
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise UsageError(
            f"{text!r} names nothing; give names with commas between them, or leave the option out for all"
        )
    return found
