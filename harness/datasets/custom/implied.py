"""Implied: what a folder or a table says of itself as a dataset, where no TOML says more."""

import os
import re
from pathlib import Path

from fuseboard.harness.datasets.custom.spec import Spec
from fuseboard.store.embeddings.manifest import OWN_FILES
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.errors import UsageError, unknown
from fuseboard.store.files import table_file

LICENCE = "not stated"
"""Of images of which nobody said any; it is none that is known to be open, so nothing of them becomes public."""

GROUPS = ("patient", "patient_id", "patientid", "subject", "subject_id")
"""Columns that are taken as the group where a table has one of them and none called `group`: a patient on two sides
would make every score too good."""


def is_path(name: str) -> bool:
    """Whether a name of a dataset means a table, or a folder, which it does only with a slash, such as `./images`."""
    return is_table(Path(name)) or (("/" in name or os.sep in name) and Path(name).is_dir())


def is_table(path: Path) -> bool:
    """Whether a path is that of a CSV, TSV or Parquet file, by its ending."""
    return path.suffix.lower() in table_file.SEPARATORS and not path.is_dir()


def spec(path: Path, group: str | None = None) -> Spec:
    """Returns what the TOML of a folder or table would say.

    Args:
        path: of the folder or table.
        group: column of the table that says what must not be on two sides.

    Raises:
        UsageError: it is not there, no name can be made of it, a folder has no columns, the table has no such column.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder; give a folder with one folder per class, or a table")
    facts = {"name": name_of(path), "licence": LICENCE}
    if not is_table(path):
        if group is not None:
            raise UsageError(f"{path}: a folder has no column {group!r}; list the images with their groups in a CSV")
        return Spec.model_validate({**facts, "images": str(path.absolute())})
    columns = table_file.read(path).drop(table_file.ROW).columns
    if group is not None and group not in columns:
        raise unknown("column", group, columns, str(path))
    found = group or next((name for name in columns if name.lower() in GROUPS and "group" not in columns), None)
    grouped = {"group": found} if found else {}
    return Spec.model_validate({**facts, "table": str(path.absolute()), **grouped})


def name_of(path: Path) -> str:
    """Returns the name under which the store knows a folder or a table: its own, in small letters."""
    own = path.resolve()
    plain = own.stem if is_table(own) else own.name
    name = re.sub(r"[^a-z0-9._-]+", "-", plain.lower()).strip("._-")[:100]
    if not is_name(name) or name in OWN_FILES:
        raise UsageError(f"{path}: of {plain!r} no name of a dataset can be made; rename it, or describe it in a TOML")
    return name
