"""`fuseboard fuse explain`: why a model answers as it does."""

from pathlib import Path
from typing import Annotated

import typer

from fuseboard.harness.fusion import opening
from fuseboard.harness.fusion.options import BatchSize, Bits, Cards, Images, MaxPixels, Metadata, ModelPath, Page, Trust
from fuseboard.harness.terminal.options import Device, Json, Wide


def add(app: typer.Typer) -> None:
    """Adds the command to those of `fuse`."""

    @app.command()
    def explain(
        model: ModelPath,
        images: Images,
        output: Annotated[
            Path | None,
            typer.Option(
                "--output",
                "-o",
                help="Draw into this folder where each image speaks for its class, a PNG per backbone.",
            ),
        ] = None,
        wide: Wide = False,
        json: Json = False,
        bits: Bits = None,
        page: Page = None,
        max_pixels: MaxPixels = None,
        metadata: Metadata = None,
        batch_size: BatchSize = None,
        card: Cards = None,
        trust: Trust = False,
        device: Device = None,
    ) -> None:
        """Say what each backbone adds to the answer of each image, and which training images are nearest.

        With -o also where in the image each network found it: Grad-CAM where it ends in a map of features, integrated
        gradients of any other. An image that cannot be read costs no other; the command then ends with 1.
        """
        from fuseboard.harness.fusion.explain import answers

        place = None if output is None else answers.folder(output)
        bundle = opening.load(model, card, device, batch_size, trust, bits, page, max_pixels, metadata)
        paths = opening.find(images)
        found = answers.explained(bundle, paths, place)
        answers.show(found, json, wide)
        opening.end(sum(each.error is not None for each in found), len(found))
