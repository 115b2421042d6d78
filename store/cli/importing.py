"""`fuseboard store import`: vectors that somebody else computed become a version."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fuseboard.store.cli.options import StoreFolder, announce, note
from fuseboard.store.files.location import store_root

if TYPE_CHECKING:
    from fuseboard.store.embeddings.dataset_protocol import Cards, Catalogues

Data = Annotated[
    Path,
    typer.Argument(
        help="A file of vectors (.npy, .npz, .h5, .pt, .safetensors, .parquet, .csv), a folder of files called train, "
        "val and test, or one of a file per image, as TRIDENT writes slides."
    ),
]
VectorsName = Annotated[
    str | None, typer.Option("--vectors", metavar="NAME", help="Take this array or column as the vectors.")
]
IdsName = Annotated[
    str | None, typer.Option("--ids", metavar="NAME", help="Take this array or column as paths or row numbers.")
]
LabelName = Annotated[
    str | None, typer.Option("--labels", metavar="NAME", help="Hold this array or column against the dataset's labels.")
]
Split = Annotated[
    Literal["train", "val", "test"] | None, typer.Option(help="Say which split the rows are of, where no file says it.")
]
ByPosition = Annotated[
    bool, typer.Option("--by-position", help="Take rows in the order of the split, where nothing names their images.")
]
Pool = Annotated[
    Literal["mean"] | None, typer.Option(help="Take the mean over patches, where the file of an image holds several.")
]


def add(app: typer.Typer, datasets: "Catalogues", cards: "Cards") -> None:
    """Adds the command to those of the store."""

    @app.command("import")
    def import_(
        data: Data,
        card: Annotated[str, typer.Option(help="The model that made them: a backbone's name, or a card's path.")],
        dataset: Annotated[
            str, typer.Option("--dataset", "-d", help="Whose images they are: a name, or the TOML of your own images.")
        ],
        split: Split = None,
        by_position: ByPosition = False,
        vectors: VectorsName = None,
        ids: IdsName = None,
        labels: LabelName = None,
        pool: Pool = None,
        source: Annotated[
            str | None, typer.Option(help="Say where they are from, such as a DOI; by default the name of DATA.")
        ] = None,
        store: StoreFolder = None,
    ) -> None:
        """Bring in vectors that others computed, joined with a dataset by path or id; nothing is unpickled."""
        from fuseboard.store.vectors.importing import Naming, import_vectors

        naming = Naming(vectors, ids, labels, split, by_position, pool)
        root = store_root(store)
        images = datasets(dataset).as_divided(root)
        announce(root)
        version, changed = import_vectors(root, data, cards(card), images, naming, source)
        entry = version.manifest.datasets[images.name]
        for name, part in entry.splits.items():
            if part.imported is not None:
                note(f"{name}: {part.rows:,} rows; {part.imported.proof}")
        state = "" if changed else ", nothing new"
        print(f"{version.spec}: {images.name} {' '.join(entry.splits)}{state}")
