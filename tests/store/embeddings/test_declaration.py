"""Declarations: what a dataset says of its domain and source, and where that is written down."""

import json
from pathlib import Path

import pytest

from fuseboard.store.embeddings.declaration import DOMAINS, KNOWN, NOTHING, Declaration, checked, known_source
from fuseboard.store.embeddings.manifest import DatasetEntry

ENTRY = {
    "task": "binary-class", "n_classes": 2, "label_names": ["a", "b"], "licence": "CC0", "source_md5": "0" * 32,
    "columns": [], "splits": {},
}  # fmt: skip
DOCS = Path(__file__).parents[3] / "docs" / "datasets.md"


def test_an_entry_from_before_reads_as_undeclared_and_is_written_as_it_was():
    entry = DatasetEntry.model_validate(ENTRY)
    assert entry.declares == NOTHING
    assert json.loads(entry.model_dump_json()) == ENTRY


def test_what_is_declared_is_written_down_and_reads_back():
    entry = DatasetEntry.model_validate({**ENTRY, "declares": {"domain": "mri"}})
    written = json.loads(entry.model_dump_json())
    assert written["declares"] == {"domain": "mri"}
    assert DatasetEntry.model_validate(written) == entry


def test_one_that_is_silent_takes_what_another_says():
    said = Declaration(domain="ct", source="clinic")
    assert NOTHING.else_of(said) == said
    assert Declaration(domain="mri").else_of(said).said == {"domain": "mri", "source": "clinic"}


def test_every_known_set_has_a_domain_and_is_known_at_every_size():
    assert {known.domain for known in KNOWN.values()} <= set(DOMAINS)
    assert [known_source(name) for name in ("breastmnist-64", "digits-sample9", "breastmnist-c", "my-set")] == [
        "breastmnist", "digits", None, None,
    ]  # fmt: skip


def test_the_page_of_datasets_names_every_domain():
    (line,) = [line for line in DOCS.read_text().splitlines() if line.startswith("| `domain` |")]
    assert [word for word in line.split("`")[3::2] if word in DOMAINS] == list(DOMAINS)
    with pytest.raises(ValueError, match=r"^'xray' is no domain; it is one of histology, .*, demo$"):
        checked("xray")
