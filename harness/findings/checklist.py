"""The checklist: what the first person with access should verify, card by card, as a page that is made of the cards.

A box is ticked where the repository itself holds the evidence: a pin, a recorded canary, a recorded parity.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import canary
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.parity import IMAGES
from fuseboard.harness.backbones.source import UNPINNED

HEAD = """# Checklist for the first person with access

Made by `fuseboard backbones checklist` from the cards and what is known beside them; change those, and make it anew.
A box is ticked where this repository holds the evidence. How to send in what you find: [paper-nine.md](paper-nine.md).

1. `fuseboard backbones pin --paper` takes the pins, `fuseboard backbones check pinned/NAME.toml` looks at a model.
2. `fuseboard backbones findings --canary-images canary` writes three images. Run the authors' own code on them, in an
   environment as the model's page says, and save a row per image to `authors/NAME.npy`, with the lines below around
   those of the backbone.
3. `fuseboard backbones findings pinned --authors authors` compares, and writes `findings.json`.

```python
import numpy, torch
from PIL import Image

images = [Image.open(f"canary/{file}").convert("RGB") for file in FILES]
with torch.inference_mode():
    ...  # the backbone's own lines
numpy.save("authors/NAME.npy", vectors.float().numpy())
```

The images are small, 96 x 72, so all transforms enlarge them: what differs only where images are made smaller, such as
antialiasing, is not seen by them.
"""


@cache
def _notes() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("checklist.toml").read_text(encoding="utf-8"))


def markdown(cards: Iterable[Card]) -> str:
    """The page about some cards."""
    names = ", ".join(json.dumps(IMAGES.format(number)) for number, _ in enumerate(canary.images(), 1))
    return "\n".join([HEAD.replace("FILES", f"[{names}]"), *(line for card in cards for line in _section(card))])


def _section(card: Card) -> Iterator[str]:
    source, looks = card.source, card.preprocessing
    yield f"## {card.id}\n"
    yield f"{card.title}, {_place(card)}{', gated' if card.gated else ''}.\n"
    yield f"- [ ] licence: {card.licence}; passed on: {card.redistribution}"
    if source.revision is not None:
        yield _box(source.revision != UNPINNED, f"revision: `{source.revision}`")
    if source.sha256 is not None:
        yield _box(source.sha256 != UNPINNED, f"file: `{source.weights or source.place}`, SHA-256 `{source.sha256}`")
    if source.is_indexed:
        shards = ", ".join(f"`{name}` `{digest}`" for name, digest in source.shards.items())
        yield _box("shards" not in source.unpinned, f"shards of `{source.prefix or ''}`: {shards or UNPINNED}")
    recorded = None if card.unpinned else canary.shipped(card)
    parity = ((recorded or {}).get("origin") or {}).get("parity")
    built = f"{source.loader} `{source.architecture}`" if source.architecture else f"{source.loader}"
    number = f"{card.parameters:,} parameters" if card.parameters else "parameters not counted"
    yield _box(parity, f"architecture: {built}, {number}, `{json.dumps(source.kwargs, sort_keys=True)}`")
    yield _box(parity, f"vector: {card.dim:,} numbers, pooling `{card.pooling}`")
    yield _box(parity, f"input: {looks.size} px; {looks.words}")
    yield f"- [ ] known overlap with datasets here: {', '.join(card.overlap) or 'none'}"
    yield _box(recorded, f"canary: {'recorded' if recorded else 'none yet'}")
    said = (
        f"{parity['max_relative_difference']:.1e} of the scale, cosine {parity['cosine']:.6f}" if parity else "none yet"
    )
    yield _box(parity, f"parity with the authors' own code: {said}")
    if card.unverified:
        yield f"- [ ] keys that nobody has confirmed: {', '.join(f'`{key}`' for key in card.unverified)}"
    notes = _notes().get(card.id, {})
    if notes:
        yield f"\n```python\n{notes['code'].strip()}\n```\n"
        yield from (f"- {trap}" for trap in notes["traps"])
    yield ""


def _place(card: Card) -> str:
    kind = "datasets/" if card.source.hub_type == "dataset" else ""
    hub = card.source.hub_id
    return f"[{hub}](https://huggingface.co/{kind}{hub})" if hub else card.source.place


def _box(is_known: object, text: str) -> str:
    return f"- [{'x' if is_known else ' '}] {text}"
