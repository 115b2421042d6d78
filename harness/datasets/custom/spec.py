"""The TOML that makes a folder or a table of images a dataset of one's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from fuseboard.harness.datasets.custom.spelling import composed
from fuseboard.harness.datasets.dataset import LIMIT
from fuseboard.store.arrays import MULTI_LABEL, Task
from fuseboard.store.embeddings import declaration
from fuseboard.store.embeddings.declaration import Declaration
from fuseboard.store.embeddings.manifest import OWN_FILES
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.errors import UsageError
from fuseboard.store.files import toml_file

LACKING = "`fuseboard datasets new FOLDER|TABLE` writes a TOML with every key"


class Shares(BaseModel):
    """How large the splits are to be that nobody gave; train is the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    val: float = Field(0.15, ge=0, lt=1, description="of all images, or of those given as train")
    test: float = Field(0.2, ge=0, lt=1)
    seed: int = 2026

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError("val and test together leave no image for train")
        return self


class Spec(BaseModel):
    """One's own dataset; paths are relative to the TOML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    licence: str = Field(min_length=1, description="of the images; every manifest names it")
    task: Task | None = Field(None, description="found out, unless the classes are ordered (ordinal-regression)")
    domain: Annotated[str, AfterValidator(declaration.checked)] | None = Field(
        None, description="what the images show; without it they count on no board"
    )
    source: Name | None = Field(None, description=declaration.SOURCE)
    images: str | None = Field(
        None, description="folder of one folder per class; with a table, where its paths begin; or hub:ORG/NAME"
    )
    table: str | None = Field(None, description="CSV, TSV or Parquet of paths and labels")
    path: str = Field("path", description="column of the table; so are the next four")
    label: str = "label"
    labels: tuple[str, ...] = Field((), description="columns of 0 and 1, instead of `label`: a multi-label task")
    split: str = "split"
    group: str = Field("group", description="what must not be on two sides, such as the patient")
    classes: tuple[str, ...] = Field((), description="their names in order; sorted by default")
    missing: Literal["drop", "keep"] | None = Field(
        None, description="images whose label or group is NA, nan, None or empty: left out, or such words are names"
    )
    bits: int | None = Field(None, ge=8, le=16, description="that the values of 16-bit grey images use")
    page: int | None = Field(None, ge=0, description="which image of a file of several pages or frames, from 0")
    max_pixels: int = Field(LIMIT, ge=1, description="of an image; more are refused")
    splits: Shares | None = None

    @property
    def reading(self) -> Reading:
        """What decides the pixels."""
        return Reading(bits=self.bits, page=self.page)

    @property
    def declares(self) -> Declaration:
        """What boards group and count the images by."""
        return Declaration(domain=self.domain, source=self.source)

    def named(self, column: str) -> str:
        """Returns what a person calls a column of `table.read`, such as `patient` for `group`."""
        found: str = column.removeprefix("labels.") if column.startswith("labels.") else getattr(self, column)
        return found

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if faults := [*self._faults()]:
            raise ValueError(" | ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        if self.images is None and self.table is None:
            yield "say `images`, a folder with one folder per class, or `table`, a CSV or Parquet file"
        if (self.images or "").startswith("hub:") and (
            beside := self.model_fields_set & {"table", "missing", "max_pixels"}
        ):
            yield f"`{min(beside)}` is of a table or a folder, and the images are on the Hub"
        if self.table is None and (of_table := self.model_fields_set & {"path", "label", "labels", "split", "group"}):
            yield f"`{min(of_table)}` names a column, but there is no `table`"
        if self.labels and (beside := self.model_fields_set & {"label", "classes"}):
            yield f"`labels` makes a task of several labels, `{min(beside)}` one of classes: drop one of them"
        if self.task is not None and (self.task == MULTI_LABEL) != bool(self.labels):
            yield f"task = {self.task!r} and {'`labels`' if self.labels else 'one label'} contradict each other"
        if self.name in OWN_FILES:
            yield f"no dataset can be called {self.name}, which is a file of every version"
        for key in ("classes", "labels"):
            if len({composed(name) for name in getattr(self, key)}) < len(getattr(self, key)):
                yield f"`{key}` names one twice"


def place(toml: Path, path: str) -> Path:
    """Returns where a path of a TOML leads: `~` is the home folder, a relative one begins beside the TOML."""
    try:
        return toml.parent / Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{toml}: {path}: no home folder of that name; write the path out") from error


def read(path: Path) -> Spec:
    """Reads and checks the TOML.

    Raises:
        UsageError: there is none, or it describes no dataset; one line that names every fault with its line and mend.
    """
    try:
        return toml_file.read(Spec, path, LACKING)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; it would describe a dataset of your own (docs/datasets.md)") from None
