"""Options that the commands of `fuseboard fuse` share."""

from pathlib import Path
from typing import Annotated

import typer

ModelPath = Annotated[Path, typer.Argument(help="Use this model: the folder or zip that `fuse train` saved.")]
Images = Annotated[
    list[str],
    typer.Argument(help="Take these files, folders, @LIST with a path per line, or - for lines of the input."),
]
Format = Annotated[
    str | None, typer.Option("--format", help="Write csv, jsonl or parquet; by default by the ending, else csv.")
]
Bits = Annotated[
    int | None,
    typer.Option(
        min=8, max=16, help="Say how many bits of 16-bit grey are used, where the training images' are others."
    ),
]
Page = Annotated[
    int | None, typer.Option(min=0, help="Read this page of files of several, where the training images' is another.")
]
MaxPixels = Annotated[int | None, typer.Option(min=1, help="Read images of so many pixels; by default 178,956,970.")]
BatchSize = Annotated[int | None, typer.Option(min=1, help="Take so many images per forward pass.")]
Cards = Annotated[
    list[str] | None,
    typer.Option(help="Load a backbone that fuseboard does not ship by this card, or folder of cards. Once for each."),
]
Metadata = Annotated[
    Path | None,
    typer.Option(help="Take age, sex or what else the model wants of each image from this table, with a column path."),
]
Trust = Annotated[bool, typer.Option("--trust-remote-code", help="Let code of a backbone's repository run.")]
