"""A new submission: a folder with a commented card, a statement and the steps that are left."""

import math
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.card_template import OF_ONES_OWN, filled
from fuseboard.harness.submissions.drafting import configuration, hub_model
from fuseboard.harness.submissions.rules import names, parsing, texts
from fuseboard.harness.submissions.rules.files import README
from fuseboard.harness.submissions.rules.source import HUB_ID
from fuseboard.store.embeddings.manifest import CARD
from fuseboard.store.errors import UsageError
from fuseboard.store.files import atomic
from fuseboard.store.results import submission_file

TEMPLATE = Path(__file__).parent / "template"


def new(name: str, parent: Path, hub_id: str | None = None) -> tuple[Path, list[str]]:
    """Writes `parent/name/`, whole or not at all; what is there is never overwritten.

    Args:
        name: of the submission.
        parent: the folder of submissions; it is made where it is not there.
        hub_id: ORG/NAME of a model on the Hub whose configuration fills in what it tells; its weights stay there.

    Returns:
        The folder, and for a person what is left to fill in and what was found out besides.

    Raises:
        UsageError: the name cannot be one, or is taken.
        FuseboardError: the Hub cannot be asked.
    """
    folder = parent / name
    bad = [f for f in names.findings(name, {*registry.names(), *_siblings(parent)}) if f.is_bad]
    if bad:
        raise UsageError(texts.safe(f"{bad[0].message}; {bad[0].fix}"))
    if name in registry.names():
        raise UsageError(
            f"{name} is a backbone of fuseboard and has a card: use that one (`fuseboard backbones pin {name}`), or "
            "choose another name"
        )
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder}: this is there already, and is not overwritten; choose another name or --out")
    card, notes = filled({"id": name, **OF_ONES_OWN}), list[str]()
    if hub_id is not None:
        card, notes = _from_hub(name, hub_id)
    if left := parsing.read(Card, CARD, card.encode()).gaps:
        notes = [f"to fill in: {', '.join(left)}", *notes]
    placeholders = {"FOLDER": folder.as_posix(), "ORG/NAME": "ORG/NAME", "NAME": name}
    steps = (TEMPLATE / README).read_text(encoding="utf-8")
    steps = re.sub("|".join(placeholders), lambda found: placeholders[found[0]], steps)
    parent.mkdir(parents=True, exist_ok=True)
    with atomic.enough_space(folder):
        temporary = Path(tempfile.mkdtemp(prefix=atomic.PREFIX, dir=parent))
        try:
            (temporary / CARD).write_text(card, encoding="utf-8", newline="\n")
            (temporary / submission_file.FILE).write_bytes((TEMPLATE / submission_file.FILE).read_bytes())
            (temporary / README).write_text(steps, encoding="utf-8", newline="\n")
            temporary.chmod(0o755)
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder, notes


def _siblings(parent: Path) -> set[str]:
    return {path.name for path in parent.iterdir() if path.is_dir()} if parent.is_dir() else set()


def _from_hub(name: str, hub_id: str) -> tuple[str, list[str]]:
    """A card by what the Hub tells, and what was refused of it; a stranger wrote it, so every value is judged."""
    if not HUB_ID.fullmatch(hub_id):
        raise UsageError(f"--from-hub {hub_id!a}: say ORG/NAME, as the address of the model's page ends")
    model = hub_model.ask(hub_id)
    found = {"id": name, **OF_ONES_OWN, **configuration.facts(model)}
    notes = [*model.unreadable.values(), *configuration.hints(model)]
    for key, value in list(found.items()):
        if why := _refused(key, value):
            del found[key]
            notes.append(f"{key}: what the Hub says {why}")
    card = filled(found)
    for _ in range(len(found)):
        faults = parsing.read(Card, CARD, card.encode()).faults
        wrong = {key for key in found for fault in faults if f"{fault}.".startswith(f"{key}.") and key != "id"}
        if not wrong:
            break
        notes += [f"{key}: what the Hub says is nothing that a card can hold" for key in sorted(wrong)]
        found = {key: value for key, value in found.items() if key not in wrong}
        card = filled(found)
    return card, [texts.safe(line) for line in notes]


def _refused(key: str, value: Any) -> str | None:
    """Why a value of a stranger cannot stand in a line of a TOML file, or None."""
    parts = value if isinstance(value, list) else [value]
    if key != "source.kwargs" and any(isinstance(part, dict | list) for part in parts):
        return "is a table"
    for _, part in texts.leaves({"": value}):
        if isinstance(part, str) and (why := texts.problem(part)):
            return why
        if (part is None and value is not None) or (isinstance(part, float) and not math.isfinite(part)):
            return "holds null or no number, which a card cannot"
        if isinstance(part, dict | list):
            return "is nested too deeply"
    return None
