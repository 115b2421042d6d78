"""The manifest: what a version of a backbone's embeddings holds, and where every number of it came from."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    model_serializer,
    model_validator,
)

from fuseboard.store.embeddings.declaration import NOTHING, Declaration
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.errors import FuseboardError, unknown
from fuseboard.store.files import atomic, damage
from fuseboard.store.files.hashing import fingerprint

FILE = "manifest.json"
CARD = "card.toml"
"""The card that made the vectors; it lies beside the manifest."""
MEND = "restore the file, or pull or extract it again"
OWN_FILES = {FILE, CARD, "readme.md", "history.json", "transform.parquet", "encoding.json"}
"""Names a dataset's folder may not take, because the version's own files lie beside it."""
SplitName = Literal["train", "val", "test"]
ColumnName = Literal["corruption", "severity"]
SPLITS: tuple[SplitName, ...] = ("train", "val", "test")

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Redistribution = Literal["embeddings", "predictions", "hash"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Profile(_Strict):
    """What computing the vectors cost. After a resumed run it covers the images of the last run only."""

    images: int = Field(ge=0)
    wall_s: float = Field(ge=0)
    images_per_s: float | None = Field(description="null when nothing was computed")
    batch_size: int
    precision: str
    device: str
    peak_rss_mb: float | None = Field(description="largest resident memory of the process; null where nothing tells")
    peak_vram_mb: float | None = Field(description="largest sum of tensors on the GPU; null without one")
    peak_vram_reserved_mb: float | None = Field(None, description="what torch's allocator took for them at most")
    precision_choice: str | None = Field(None, description="why `--precision auto` took it; written only where it did")

    @model_serializer(mode="wrap")
    def _without_a_choice_nobody_left(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {k: value for k, value in handler(self).items() if k != "precision_choice" or value is not None}


class Shard(_Strict):
    """One Parquet file; `file` is a plain name inside the dataset's folder, so no manifest can point elsewhere."""

    file: FileName
    rows: int = Field(ge=1)
    bytes: int = Field(ge=1)
    sha256: Hash


class Import(_Strict):
    """What brought a split in from a cache of somebody else, whose rows carry no ids."""

    source: str = Field(min_length=1, description="where the cache came from; rows are joined by position within one")
    file: FileName
    sha256: Hash
    order: Literal["official", "unknown"] = Field(description="whether ids are row numbers in the official split")
    proof: str = Field(description="how far that is proven, or why it is not")


class Split(_Strict):
    """The shards of one split, in row order."""

    rows: int = Field(ge=1)
    shards: tuple[Shard, ...]
    profile: Profile | None = Field(description="null where others computed the vectors and kept no record")
    imported: Import | None = None

    @property
    def numbering(self) -> str:
        """What the ids number: `official`, or the import whose row order nobody knows. Only equal ones are joined."""
        return "official" if self.imported is None or self.imported.order == "official" else self.imported.source

    @model_validator(mode="after")
    def _rows_add_up(self) -> "Split":
        if sum(shard.rows for shard in self.shards) != self.rows:
            raise ValueError(f"the shards hold {sum(s.rows for s in self.shards)} rows, the split says {self.rows}")
        return self


class DatasetEntry(_Strict):
    """The facts of a dataset that outlive its images, and the splits embedded so far."""

    task: str
    n_classes: int = Field(ge=1)
    label_names: tuple[str, ...]
    licence: str
    source_md5: str
    columns: tuple[ColumnName, ...] = Field(default=(), description="beside id, label, embedding")
    reading: Reading = Field(default=PLAIN, description="of the image files; written only where it says something")
    declares: Declaration = Field(default=NOTHING, description="of one's own; written only where it says something")
    splits: dict[SplitName, Split]

    @model_serializer(mode="wrap")
    def _without_what_says_nothing(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written = {**handler(self), "reading": self.reading.settings, "declares": self.declares.said}
        return {key: value for key, value in written.items() if key not in ("reading", "declares") or value}

    @model_validator(mode="after")
    def _no_file_twice(self) -> "DatasetEntry":
        names = [shard.file.lower() for split in self.splits.values() for shard in split.shards]
        if len(set(names)) < len(names):
            raise ValueError("a shard is listed twice")
        return self


class Backbone(_Strict):
    """The facts of a card that readers of embeddings need without the harness."""

    title: str
    licence: str
    redistribution: Redistribution
    parameters: int | None
    source: str
    paper: str | None
    pretraining: tuple[str, ...]
    overlap: tuple[str, ...]


class Manifest(_Strict):
    """One version: a backbone under one fingerprint. A version exists if and only if this file does."""

    schema_version: Literal[1] = 1
    backbone: Name
    fingerprint: Fingerprint
    identity: dict[str, Any] = Field(description="what was hashed into the fingerprint")
    dim: int = Field(ge=1)
    dtype: Literal["float32", "float16", "int8", "binary"] = Field(description="as `coding.py` reads it")
    created: datetime
    about: Backbone
    canary: tuple[tuple[float, ...], ...] = Field(
        default=(), description="vectors of the canary images, (C, D); empty where nobody could compute them"
    )
    libraries: dict[str, str]
    datasets: dict[Name, DatasetEntry]

    @model_validator(mode="after")
    def _fingerprint_is_of_the_identity(self) -> "Manifest":
        if fingerprint(self.identity) != self.fingerprint:
            raise ValueError(f"fingerprint {self.fingerprint} is not the hash of the identity beside it")
        if taken := OWN_FILES & set(self.datasets):
            raise ValueError(f"no dataset can be called {min(taken)}, which is a file of every version")
        return self

    def dataset(self, name: str) -> DatasetEntry:
        """Returns a dataset's facts; an error that names what is there when it is not."""
        if name not in self.datasets:
            there = ", ".join(sorted(self.datasets)) or "nothing"
            raise FuseboardError(f"{self.backbone} has no embeddings of {name}; it has {there}; extract or pull them")
        return self.datasets[name]

    def entry(self, dataset: str, split: str) -> Split:
        """Returns a split's shards; an error that names what is there when it is not."""
        if split not in SPLITS:
            raise unknown("split", split, SPLITS)
        splits: dict[Any, Split] = dict(self.dataset(dataset).splits)
        if split not in splits:
            raise FuseboardError(
                f"{self.backbone} has no {split} split of {dataset}, only {', '.join(splits) or 'none'}: "
                f"run `fuseboard extract {self.backbone} --dataset {dataset}`"
            )
        return splits[split]

    def shards(self) -> Iterator[tuple[str, SplitName, Shard]]:
        """Every shard with the dataset and split it belongs to."""
        for dataset, entry in self.datasets.items():
            for split, part in entry.splits.items():
                for shard in part.shards:
                    yield dataset, split, shard

    def write(self, folder: Path) -> None:
        """Writes `manifest.json`, replacing an older one in one step."""
        atomic.write_text(folder / FILE, self.model_dump_json(indent=1) + "\n")


def read(folder: Path) -> Manifest:
    """Reads and checks a version's manifest, whose folder it must name; raises a DamagedFile where it is no good."""
    path = folder / FILE
    try:
        with damage.named(path, "manifest", MEND, ValidationError):
            manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise FuseboardError(f"{path}: no manifest, so this version does not exist: extract or pull it") from None
    if (manifest.backbone, manifest.fingerprint) != (folder.parent.name, folder.name):
        what = f"describes {manifest.backbone}/{manifest.fingerprint} but lies in {folder.parent.name}/{folder.name}"
        raise damage.DamagedFile(path, what, "move it to its own folder")
    return manifest


def parse(text: bytes, where: str, fix: str) -> Manifest:
    """Returns a manifest from its JSON; an error names `where` it came from, the key, and the `fix`."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise FuseboardError(f"{where}: {damage.first_of(error)}; {fix}") from error


def now() -> datetime:
    """Returns the present time with its zone, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
