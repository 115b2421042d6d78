"""The checklist is made of the cards, and filling in a card keeps what people wrote there."""

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fuseboard.harness.backbones import canary, card_text, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.findings import checklist
from fuseboard.store.errors import FuseboardError

PAGE = Path(__file__).parents[3] / "docs" / "checklist.md"
NOTES = tomllib.loads(Path(checklist.__file__).with_name("checklist.toml").read_text())


def test_the_page_is_what_the_cards_say() -> None:
    assert PAGE.read_text() == checklist.markdown(map(registry.get, registry.PAPER)), (
        "run `fuseboard backbones checklist > docs/checklist.md`"
    )


def test_every_one_of_the_nine_has_the_authors_own_code() -> None:
    assert set(NOTES) == set(registry.PAPER)
    for notes in NOTES.values():
        names = {node.id for node in ast.walk(ast.parse(notes["code"])) if isinstance(node, ast.Name)}
        assert {"images", "vectors"} <= names
        assert notes["traps"]


def with_pins(card: Card) -> Card:
    pins: dict[str, Any] = {
        name: "a" * (40 if name == "revision" else 64) for name in card.unpinned if name != "shards"
    }
    if card.source.is_indexed:
        pins["shards"] = {"model-00001-of-00002.safetensors": "b" * 64, "model-00002-of-00002.safetensors": "c" * 64}
    return card.model_copy(update={"source": card.source.model_copy(update=pins)})


@pytest.mark.parametrize("name", [name for name in registry.names() if registry.get(name).unpinned])
def test_pins_are_filled_in_and_comments_stay(name: str) -> None:
    text, card = registry.CARDS[name].read_text(), with_pins(registry.get(name))
    made = card_text.pinned(text, card)
    assert Card.model_validate(tomllib.loads(made)) == card
    kept = [line for line in text.splitlines() if "unpinned" not in line]
    assert [line for line in made.splitlines() if line in kept] == kept
    assert len(made.splitlines()) - len(text.splitlines()) == (1 if card.source.is_indexed else 0)


def test_a_card_that_lines_do_not_fill_is_left_alone() -> None:
    text = registry.CARDS["uni"].read_text().replace('revision = "unpinned"', '"revision" = "unpinned"')
    with pytest.raises(FuseboardError, match="write the pins there by hand"):
        card_text.pinned(text, with_pins(registry.get("uni")))


def test_boxes_are_ticked_by_evidence_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "FOLDER", tmp_path)
    card = registry.get("uni")
    assert "[x]" not in checklist.markdown([card])
    own = with_pins(card)
    assert checklist.markdown([own]).count("[x]") == 2, "revision and file"
    vectors = canary.np.ones((3, card.dim), "float32")
    canary.record(own, vectors)
    assert checklist.markdown([own]).count("[x]") == 3
    canary.record(own, vectors, {"parity": {"max_relative_difference": 2e-6, "cosine": 1.0}})
    page = checklist.markdown([own])
    assert page.count("[x]") == 7
    assert "2.0e-06 of the scale, cosine 1.000000" in page
