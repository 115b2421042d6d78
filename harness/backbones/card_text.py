"""The text of a card with its pins filled in, where every comment and the order of its keys stay."""

import json
import tomllib

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.source import UNPINNED
from fuseboard.store.errors import FuseboardError


def pinned(text: str, card: Card) -> str:
    """Returns the text of a card's file as it reads once it is `card`.

    Raises:
        FuseboardError: it would not read back as that card, so the gaps must be filled by hand.
    """
    source, lines, table = card.source, [], ""
    for line in text.splitlines():
        key = line.partition("=")[0].strip()
        table = line.strip() if line.startswith("[") else table
        if table == "[source]" and key in ("revision", "sha256", "module_sha256") and json.dumps(UNPINNED) in line:
            line = f"{key} = {json.dumps(getattr(source, key))}"
        if table == "[source]" and key == "shards":
            continue
        lines.append(line)
        if table == "[source]" and key == "sha256" and source.shards:
            shards = ", ".join(f"{json.dumps(name)} = {json.dumps(source.shards[name])}" for name in source.shards)
            lines.append(f"shards = {{ {shards} }}")
    made = "\n".join(lines) + "\n"
    try:
        if Card.model_validate(tomllib.loads(made)) == card:
            return made
    except ValueError:
        pass
    raise FuseboardError(f"{card.id}: its card cannot be filled in line by line; write the pins there by hand")
