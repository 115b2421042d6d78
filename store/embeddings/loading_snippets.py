"""How to load: the lines that a version's README shows, for the place where it lies."""

from fuseboard.store.embeddings import coding
from fuseboard.store.embeddings.manifest import Manifest


def section(manifest: Manifest, place: str) -> str:
    """Returns Markdown with the lines for `datasets`, DuckDB, Polars and fuseboard itself.

    Args:
        manifest: of the version; its first dataset and split are the example.
        place: `ORG/NAME` on the Hub, or the DOI of a Zenodo record, whose files one downloads.
    """
    name = next(iter(manifest.datasets), "DATASET")
    split = next(iter(manifest.datasets[name].splits), "val") if manifest.datasets else "val"
    if place.startswith("10."):
        files = f"{name}~{split}-*.parquet"
        before = (
            "A record has no folders; a shard is called `DATASET~SPLIT-….parquet` here. Where the files\n"
            "were downloaded to:\n\n"
        )
        source = f'"parquet", data_files={{"{split}": "{files}"}}'
        setup = ""
        pulled = f"{place} --sandbox" if place.startswith("10.5072/") else place
    else:
        files = f"hf://datasets/{place}/{name}/{split}-*.parquet"
        before = ""
        source = f'"{place}", "{name}"'
        setup = (
            "from huggingface_hub import HfFileSystem\n"
            "duckdb.register_filesystem(HfFileSystem())  # not needed where DuckDB has its httpfs extension\n"
        )
        pulled = place
    form = coding.sql_form(manifest.dtype, manifest.dim)
    return f"""{before}```python
from datasets import load_dataset
rows = load_dataset({source}, split="{split}")
```

```python
import duckdb
{setup}files = "read_parquet('{files}', hive_partitioning = false)"
rows = duckdb.sql(f"SELECT id, label, embedding::{form} AS embedding FROM {{files}}")
```

```python
import polars as pl
rows = pl.read_parquet("{files}", hive_partitioning=False)
```

Downloaded for you, with every file checked against its SHA-256: `fuseboard store pull {pulled} --dataset {name}`."""
