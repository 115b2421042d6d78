"""The source: where a backbone's weights come from, pinned, and how they become a model."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, model_validator

from fuseboard.harness.backbones.archive import Archive
from fuseboard.store.errors import UsageError
from fuseboard.store.registry import Registry

LOADERS = Registry(
    "loader",
    [
        ("timm", "timm_loader"),
        ("open_clip", "open_clip_loader"),
        ("transformers", "transformers_loader"),
        ("conch", "conch_loader"),
        ("medimageinsight", "medimageinsight_loader"),
        ("musk", "musk_loader"),
        ("python", "python_loader"),
        ("hog", "descriptors"),
        ("pixels", "descriptors"),
    ],
)
"""Loader -> its module in `loaders`, whose `load(card, device, trust)` makes the encoder."""

DESCRIPTORS = ("hog", "pixels")
"""Loaders that compute and learned nothing, so there are no weights to pin."""

FROM_CONFIGURATION = ("transformers", "open_clip")
"""Loaders that find the architecture elsewhere on the card, or in the repository, when it is not named."""

PLACES = ("package", "hub_id", "archives", "url", "file")
"""Keys of which one names the place that carries the weights."""

UNPINNED = "unpinned"
"""Stands where a revision or hash belongs that nobody has read yet."""

INDEX = ".index.json"
"""How the name of a sharded checkpoint's index ends."""

Revision = Annotated[
    str,
    StringConstraints(pattern=rf"^([0-9a-f]{{40}}|{UNPINNED})$"),
    Field(description=f"a commit of 40 hexadecimal digits, or {UNPINNED!r}"),
]
Sha256 = Annotated[
    str,
    StringConstraints(pattern=rf"^([0-9a-f]{{64}}|{UNPINNED})$"),
    Field(description=f"a SHA-256 of 64 hexadecimal digits, or {UNPINNED!r}"),
]
ShardName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]


class Source(BaseModel):
    """Where the weights come from, pinned, and how they become a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    FIRST: ClassVar[tuple[str, ...]] = (
        "loader", "architecture", "package", "hub_id", "revision", "weights", "sha256", "state_dict", "kwargs",
    )  # fmt: skip
    """Keys that always enter the identity; a later one enters only when it is used, so that old versions stay."""

    loader: str
    architecture: str | None = Field(None, description="the loader's own name of the model or its class")
    package: str | None = Field(None, description="Python package that carries the weights")
    hub_id: str | None = Field(None, description="Hugging Face repository that carries the weights")
    hub_type: Literal["model", "dataset"] = Field("model", description="the kind of that repository")
    revision: Revision | None = Field(None, description=f"a commit of 40 hexadecimal digits, or {UNPINNED!r}")
    archives: tuple[Archive, ...] = Field((), description="packages that carry the weights; of several, the parts")
    url: str | None = Field(
        None, pattern=r"^https?://\S+/[\w.-]+$", description="http or https address of the weights' file"
    )
    file: str | None = Field(None, description="path of a weights' file on this machine, from the card's folder")
    weights: str | None = Field(None, description="the weights' path, or its index's, in the package or repository")
    sha256: Sha256 | None = Field(None, description=f"64 hexadecimal digits of the weights' file, or {UNPINNED!r}")
    shards: dict[ShardName, Sha256] = Field({}, description="the needed shards of an indexed checkpoint")
    state_dict: Literal["by-name", "in-order", "run-order", "folded", "inflated", "timm"] = "by-name"
    conventions: Literal["torch", "keras"] = Field(
        "torch", description="of a batch norm's epsilon and a max pool's padding: those that the weights were made with"
    )
    joined: dict[str, tuple[str, ...]] = Field(
        {}, description="the model's name of a tensor -> those of the checkpoint that it is made of, along its tokens"
    )
    inside: str | None = Field(None, description="key of the checkpoint under which its tensors lie")
    prefix: str | None = Field(None, description="only tensors whose name begins so are read; it is taken off")
    only: tuple[str, ...] = Field((), description="of those, only names that begin with one of these")
    random: int | None = Field(None, ge=0, description="seed of random weights, which take the place of all others")
    untrained: tuple[str, ...] = Field((), description="LayerNorms no checkpoint has, which stay as they begin")
    module: str | None = Field(
        None, pattern=r"^\w+(\.\w+)*:\w+$", description="one's own class, as module:Class of the file module.py"
    )
    module_sha256: Sha256 | None = Field(
        None, description=f"64 hexadecimal digits of that module's file, or {UNPINNED!r}"
    )
    kwargs: dict[str, Any] = {}
    _card: Path | None = PrivateAttr(None)

    def __eq__(self, other: object) -> bool:
        """Whether both say the same; where the cards lie is no part of it."""
        return isinstance(other, Source) and self.model_dump() == other.model_dump()

    def lie_in(self, card: Path | None) -> Self:
        """Remembers the file of the card of one's own that says this, and returns itself."""
        self._card = card and card.absolute().parent.resolve() / card.name
        return self

    @property
    def card(self) -> Path | None:
        """The file of the card that says this, where it is one's own."""
        return self._card

    @property
    def folder(self) -> Path:
        """Where its paths begin: the folder of its card, and the current one for a card that lies in no file."""
        return Path.cwd() if self._card is None else self._card.parent

    @property
    def place(self) -> str:
        """Where the weights come from, for people."""
        if self.random is not None:
            return f"random weights, seed {self.random}"
        own = Path(self.file).name if self.file else self.module
        package = self.archives[0].place if self.archives else None
        return self.hub_id or self.package or package or self.url or own or self.loader

    @property
    def unpinned(self) -> tuple[str, ...]:
        """Keys whose pin nobody has read yet."""
        names = [name for name in ("revision", "sha256", "module_sha256") if getattr(self, name) == UNPINNED]
        if self.is_indexed and (not self.shards or UNPINNED in self.shards.values()):
            names.append("shards")
        return tuple(names)

    @property
    def is_indexed(self) -> bool:
        """Whether the checkpoint is cut into shards that an index lists."""
        return (self.weights or "").endswith(INDEX)

    @property
    def identity(self) -> dict[str, Any]:
        """What of it decides the vectors; where a file of one's own lies does not, its hash does."""
        used = self.model_dump(mode="json", exclude={"file"})
        used["archives"] = [archive.model_dump(mode="json", exclude_defaults=True) for archive in self.archives]
        standard = {name: field.default for name, field in type(self).model_fields.items()}
        return {name: value for name, value in used.items() if name in self.FIRST or value not in (standard[name], [])}

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        try:
            LOADERS[self.loader]
        except UsageError as error:
            raise ValueError(str(error)) from error
        if faults := [*(self._faults_of_random() if self.random is not None else self._faults())]:
            raise ValueError(" | ".join(faults))
        return self

    @property
    def _places(self) -> list[str]:
        """The keys that name a place which carries weights."""
        return [name for name in PLACES if getattr(self, name)]

    def _faults_of_random(self) -> Iterator[str]:
        if self.loader in (*DESCRIPTORS, "python"):
            yield f"`random`: the loader {self.loader} makes no network that could have random weights"
        if self._places or self.sha256 is not None:
            yield "`random` takes the place of weights: leave out where they come from, and their pins"
        if self.architecture is None and self.loader == "transformers":
            yield "`architecture` is missing: it would come from the repository that carries weights"

    def _faults(self) -> Iterator[str]:
        if self.loader in DESCRIPTORS:
            return
        places = self._places
        if self.loader == "python":
            if self.module is None or self.module_sha256 is None:
                yield "`module` and `module_sha256` are missing: one's own class, and the hash of its file"
            if not places:
                return
        if self.architecture is None and self.loader not in (*FROM_CONFIGURATION, "python"):
            yield "`architecture` is missing: the loader's own name of the model"
        elif self.architecture is None and self.loader == "transformers" and self.hub_id is None:
            yield "`architecture` is missing: the model's class, which only a repository of the Hub says by itself"
        if len(places) != 1:
            known, given = (", ".join(f"`{place}`" for place in some) for some in (PLACES, places))
            yield f"give one of {known}{given and f', not {given}'}: the place that carries the weights"
        if self.sha256 is None or (len(places) == 1 and (self.weights is None) == (places[0] in ("package", "hub_id"))):
            yield (
                "`weights` and its `sha256` are missing: without this pin the vectors cannot be trusted "
                "(`archives`, `url` and `file` name the file themselves and take no `weights`); say "
                f"sha256 = {UNPINNED!r} and have `fuseboard backbones pin` fill it in"
            )
        if self.hub_id is not None and self.revision is None:
            yield f"`revision` is missing: pin the repository to a commit of 40 hexadecimal digits, or say {UNPINNED!r}"

    def wants(self, name: str) -> str | None:
        """Returns the model's name for a tensor of the checkpoint, or None when its tower does not need it.

        A piece of a tensor that is `joined` keeps its name until all of them are there.
        """
        if any(name in pieces for pieces in self.joined.values()):
            return name
        if not name.startswith(self.prefix or ""):
            return None
        name = name.removeprefix(self.prefix or "")
        return name if not self.only or name.startswith(self.only) else None

    def needed(self, weight_map: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """Returns the shards of an index that hold tensors of this tower, in order."""
        return tuple(sorted({file for tensor, file in weight_map if self.wants(tensor) is not None}))
