"""Vectors by image: what was embedded outside of any dataset, found again by the content of the image.

They lie at `<root>/images/<backbone>/<fingerprint>/`, in plain Parquet files of key and embedding. A cache and nothing
else: a file that is damaged is removed and its images are embedded again, and nothing of it is ever pushed.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.embeddings.versions import lock_of
from fuseboard.store.files import atomic
from fuseboard.store.files.hashing import fingerprint

FOLDER = "images"

FILES = 32
"""Files that a version may have before they are joined into one."""


def key_of(sha256: str, settings: Mapping[str, Any]) -> str:
    """Returns the key of an image file: its settings are in it, because they decide the pixels too.

    Args:
        sha256: of the file, in hexadecimal.
        settings: of `Reading`, with which it is read.
    """
    facts = json.dumps(["file", sha256, settings], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()


def remove(root: Path, keys: Collection[str]) -> None:
    """Removes the vectors of images from every version; a file is replaced at once, or goes where no image is left.

    Args:
        root: the store.
        keys: of the images.
    """
    for path in sorted((root / FOLDER).glob("*/*/[!.]*.parquet")):
        backbone, version = path.parts[-3:-1]
        try:
            dim = pq.read_schema(path).field("embedding").type.list_size
        except (OSError, KeyError, AttributeError, pa.ArrowException):
            path.unlink(missing_ok=True)  # it would be found damaged
            continue
        ByImage(root, backbone, version, dim).remove(path, keys)


class ByImage:
    """The vectors of one version of a backbone, by image.

    Args:
        root: the store.
        backbone: its name.
        version: its fingerprint.
        dim: numbers of a vector.
    """

    def __init__(self, root: Path, backbone: str, version: str, dim: int) -> None:
        self.folder = root / FOLDER / backbone / version
        self._lock = lock_of(root, backbone, version, FOLDER)
        self._dim = dim

    def find(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Returns the vectors (D,) of those images that were embedded before.

        Args:
            keys: SHA-256 of images, in hexadecimal.
        """
        wanted, found = set(keys), dict[str, NDArray[np.float32]]()
        for path in self._files():
            if lacking := wanted - found.keys():
                found |= self._read(path, lacking)
        return found

    def add(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keeps the vectors (N, D) of images, in one step."""
        if not len(keys):
            return
        with self._lock:
            atomic.sweep(self.folder)
            self._write(list(keys), vectors)
            if len(files := self._files()) > FILES:
                joined: dict[str, NDArray[np.float32]] = {}
                for path in files:
                    joined |= self._read(path)
                whole = self._write(list(joined), np.stack(list(joined.values())))
                for path in set(files) - {whole}:
                    path.unlink(missing_ok=True)

    def remove(self, path: Path, keys: Collection[str]) -> None:
        """Removes the vectors of images from one of its files."""
        with self._lock:
            whole = self._read(path)
            left = {key: vector for key, vector in whole.items() if key not in keys}
            if len(left) < len(whole):
                if left:
                    self._write(list(left), np.stack(list(left.values())))
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[!.]*.parquet"))

    def _read(self, path: Path, wanted: set[str] | None = None) -> dict[str, NDArray[np.float32]]:
        try:
            keys = self._table(path, "key")["key"].to_pylist()
            rows = [row for row, key in enumerate(keys) if wanted is None or key.hex() in wanted]
            if not rows:
                return {}
            vectors = self._table(path, "embedding")["embedding"].combine_chunks().flatten().to_numpy()
            matrix = vectors.reshape(len(keys), self._dim)
        except FileNotFoundError:  # joined with others meanwhile
            return {}
        except (OSError, pa.ArrowException, ValueError):
            path.unlink(missing_ok=True)
            return {}
        return {keys[row].hex(): matrix[row] for row in rows}

    def _table(self, path: Path, column: str) -> pa.Table:
        return pq.read_table(
            path, columns=[column], partitioning=None, page_checksum_verification=True, memory_map=False
        )

    def _write(self, keys: list[str], vectors: NDArray[np.float32]) -> Path:
        path = self.folder / f"{fingerprint({'keys': sorted(keys)})}.parquet"
        flat = pa.array(np.ascontiguousarray(vectors, np.float32).reshape(-1))
        table = pa.table(
            {
                "key": pa.array([bytes.fromhex(key) for key in keys], pa.binary(32)),
                "embedding": pa.FixedSizeListArray.from_arrays(flat, self._dim),
            }
        )
        with atomic.replacing(path) as temporary:
            pq.write_table(
                table,
                temporary,
                compression="zstd",
                use_dictionary=False,
                column_encoding={"embedding.list.element": "BYTE_STREAM_SPLIT"},
                write_page_checksum=True,
            )
        return path
