"""`fuseboard fuse report`: a saved model as one page."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.fusion.options import Cards, ModelPath


def add(app: typer.Typer) -> None:
    """Adds the command to those of `fuse`."""

    @app.command()
    def report(
        model: ModelPath,
        output: Annotated[
            Path, typer.Option("--output", "-o", help="Write the page to this file; an earlier one is replaced.")
        ] = Path("report.html"),
        images: Annotated[
            Path,
            typer.Option(
                help="Read the images that it shows from this folder, below which their names lead.", file_okay=False
            ),
        ] = Path(),
        card: Cards = None,
    ) -> None:
        """Write one HTML page on a model: scores, curves, confusion, groups, surest mistakes, what the choice is worth.

        The page is one file and asks no host for anything. No image is embedded again: what it shows was said of the
        test images when the model was trained, or of the held-out ones where there were none.
        """
        from fuseboard.harness.fusion import opening
        from fuseboard.harness.fusion.report.report import render
        from fuseboard.store.errors import UsageError
        from fuseboard.store.files import atomic

        if output.is_dir():
            raise UsageError(
                f"{output} is a folder; name the file that the page is written to, as {output}/report.html"
            )
        atomic.write_text(output, render(opening.load(model, card), images))
        typer.echo(output)
