"""How to load: the lines that a version's README shows, for the place where it lies."""

from store.manifest import Manifest


def section(manifest: Manifest, place: str) -> str:
    """Markdown with the lines for `datasets`, DuckDB, Polars and fuseboard itself.

    Args:
        manifest: of the version; its first dataset and split are the example.
        place: `ORG/NAME` on the Hub, or the DOI of a Zenodo record, whose files one downloads.
    """
    name = next(iter(manifest.datasets), "DATASET")
    split = next(iter(manifest.datasets[name].splits), "val") if manifest.datasets else "val"
    vector = f"embedding::FLOAT[{manifest.dim}] AS embedding"
    if place.startswith("10."):
        files = f"{name}~{split}-*.parquet"
        return f"""A record has no folders; a shard is called `DATASET~SPLIT-….parquet` here. Where the files
were downloaded to:

```python
from datasets import load_dataset
rows = load_dataset("parquet", data_files={{"{split}": "{files}"}}, split="{split}")
```

```python
import duckdb
rows = duckdb.sql("SELECT id, label, {vector} FROM '{files}'")
```

```python
import polars as pl
rows = pl.read_parquet("{files}")
```

{_pull(f"{place} {'--sandbox ' if place.startswith('10.5072/') else ''}--dataset {name}")}"""
    files = f"hf://datasets/{place}/{name}/{split}-*.parquet"
    return f"""```python
from datasets import load_dataset
rows = load_dataset("{place}", "{name}", split="{split}")
```

```python
import duckdb
from huggingface_hub import HfFileSystem
duckdb.register_filesystem(HfFileSystem())  # not needed where DuckDB has its httpfs extension
rows = duckdb.sql("SELECT id, label, {vector} FROM '{files}'")
```

```python
import polars as pl
rows = pl.read_parquet("{files}")
```

{_pull(f"{place} --dataset {name}")}"""


def _pull(what: str) -> str:
    return f"Downloaded for you, with every file checked against its SHA-256: `fuseboard store pull {what}`."
