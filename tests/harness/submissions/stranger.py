"""A stranger: a sound submission of real embeddings, whose shards and manifest a test then changes as it likes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.harness.backbones import registry
from fuseboard.harness.submissions.check import CheckResult, check
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest, shards
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.files.hashing import sha256_of
from fuseboard.store.store import Store
from tests.harness.submissions.field import DATA, tree, without

DIM = 900


class Stranger:
    """`hog` of 120 digits per split, submitted from a folder, and a store that holds `pixels` of the same images."""

    def __init__(self, small_store: Path, place: Path) -> None:
        self.root = without(Path(shutil.copytree(small_store, place / "store")), "hog")
        (source,) = small_store.glob("embeddings/hog/*")
        self.shards = Path(shutil.copytree(source, place / "theirs" / "embeddings" / "hog" / source.name))
        self.folder = place / "submissions" / "hog"
        self.folder.mkdir(parents=True)
        shutil.copy(self.shards / "card.toml", self.folder)
        self.state(f'folder = "{self.shards}"')
        self.hand_in()

    def state(self, where: str) -> None:
        """Says where the shards lie."""
        (self.folder / "submission.toml").write_text(f'status = "active"\n[shards]\n{where}\n')

    def hand_in(self) -> None:
        """Copies the manifest of the shards into the submission."""
        shutil.copy(self.shards / "manifest.json", self.folder)

    @property
    def version(self) -> Version:
        """Of the shards, as a rule over shards takes it."""
        return Version(self.shards, manifest.read(self.shards))

    def path(self, split: str) -> Path:
        """The one shard of a split."""
        return self.shards / DATA / shards.file_name(split, 0, 1)

    def table(self, split: str) -> Any:
        """What is in it."""
        return pq.read_table(self.path(split))

    def vectors(self, split: str) -> NDArray[np.float32]:
        """(120, 900)."""
        flat = self.table(split)["embedding"].combine_chunks().flatten().to_numpy()
        return np.array(flat.reshape(-1, DIM))

    def labels(self, split: str) -> NDArray[np.uint16]:
        """(120,)."""
        return np.array(self.table(split)["label"].to_numpy())

    def ids(self, split: str) -> NDArray[np.uint32]:
        """(120,)."""
        return np.array(self.table(split)["id"].to_numpy())

    def embed(self, split: str, vectors: NDArray[np.float32], **columns: NDArray[Any]) -> None:
        """Puts vectors in the place of a split's, and perhaps ids and labels, in the store's own form."""
        form = shards.schema(vectors.shape[1], "float32", multi_label=False)
        flat = pa.array(np.ascontiguousarray(vectors, np.float32).reshape(-1))
        made = pa.Table.from_arrays(
            [
                pa.array(columns.get("ids", self.ids(split)).astype(np.uint32)),
                pa.array(columns.get("labels", self.labels(split)).astype(np.uint16)),
                pa.FixedSizeListArray.from_arrays(flat, type=form.field("embedding").type),
            ],
            schema=form,
        )
        self.write(split, made)

    def write(self, split: str, table: Any, **options: Any) -> None:
        """Puts any table in the place of a split's."""
        usual = {"compression": "zstd", "use_dictionary": False}
        pq.write_table(table, self.path(split), **{**usual, **options})
        self.list_again(split, table.num_rows)

    def list_again(self, split: str, rows: int = 120) -> None:
        """Lets the manifest say what lies there now."""
        path = self.path(split)
        shard = {"file": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": sha256_of(path)}
        self.say(lambda said: said["datasets"][DATA]["splits"][split].update(rows=rows, shards=[shard]))

    def say(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Changes the manifest, there and in the submission."""
        said = json.loads((self.shards / "manifest.json").read_text())
        change(said)
        (self.shards / "manifest.json").write_text(json.dumps(said))
        self.hand_in()

    def check(self) -> CheckResult:
        """Checks it; whatever comes out, the store is as it was."""
        before = tree(self.root)
        found = check(self.folder, Store(self.root, registry.fingerprints))
        assert tree(self.root) == before
        return found

    def problem(self) -> str:
        """The first thing that is bad of the check."""
        return first_problem(self.check().findings)


def first_problem(findings: list[Finding]) -> str:
    """The first finding that is bad, as `rule: message`."""
    bad = [finding for finding in findings if finding.is_bad]
    assert bad, [finding.message for finding in findings]
    assert all(finding.fix for finding in bad)
    assert all(len(finding.message) < 620 and finding.message.isprintable() for finding in bad)
    return f"{bad[0].check}: {bad[0].message}"
