"""`fuseboard backbones new`: a card of one's own to begin with."""

from pathlib import Path
from typing import Annotated

import typer

cli = typer.Typer()


@cli.command()
def new(
    name: Annotated[str, typer.Argument(help="What your backbone is called: small letters, digits, `.`, `_` and `-`.")],
    loader: Annotated[
        str, typer.Option(help="Load it by timm, open_clip, transformers, or python, which is your own code.")
    ] = "timm",
    model: Annotated[
        str | None,
        typer.Option(
            help="Take this architecture of timm, configuration of open_clip, class of transformers, or your own "
            "my_models:MyNetwork of my_models.py beside the card."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Take the weights of this file, or of the folder that `save_pretrained` wrote; by default of a "
            "repository of the Hub."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this file; by default to NAME.toml here.")
    ] = None,
) -> None:
    """Write a commented card with every key and what could be found out; nothing is overwritten.

    What only you know says FILL IN, and `backbones check` names all of it with its lines.
    """
    from fuseboard.harness.backbones import draft
    from fuseboard.harness.backbones.source import UNPINNED
    from fuseboard.store.files import atomic, toml_file

    card = out or Path(f"{name}.toml")
    text = draft.draft(name, loader, model, file, card)
    atomic.write_text(card, text)
    left = toml_file.unfilled(toml_file.parsed(text, card))
    if loader == "python" and model is not None and f'module_sha256 = "{UNPINNED}"' in text:
        typer.echo(
            f"the file of {model} is not beside {card} yet: once it is, `fuseboard backbones pin {card}`", err=True
        )
    typer.echo(f"to fill in: {', '.join(fault.key for fault in left)}", err=True)
    typer.echo(f"{card}")
