"""What a deposited record says of a version."""

import pytest

from fuseboard.store.embeddings import history
from fuseboard.store.errors import UsageError
from fuseboard.store.remotes.zenodo_deposit import Creator, deposit
from tests.store import zenodo_server

site = zenodo_server.zenodo
ANNA = Creator("Doe, Anna", "University of X", "0000-0002-1825-0097")


def test_a_record_says_what_it_is(site, root, make_version):
    about = {"paper": "doi:10.1000/182", "source": "org/model", "licence": "GPL-3.0"}
    version = make_version(root, about=about)
    history.add(version.folder, "pushed", "me/alpha", history.splits_of(version.manifest), revision="a" * 40)
    record = deposit(root, version, [ANNA, Creator("Li, Bo")]).record
    facts = site.depositions[record].metadata
    assert facts["creators"] == [
        {"name": "Doe, Anna", "affiliation": "University of X", "orcid": "0000-0002-1825-0097"},
        {"name": "Li, Bo"},
    ]
    assert facts["related_identifiers"] == [
        {"relation": "cites", "identifier": "10.1000/182"},
        {"relation": "isDerivedFrom", "identifier": "https://huggingface.co/org/model"},
        {"relation": "isIdenticalTo", "identifier": f"https://huggingface.co/datasets/me/alpha/tree/{'a' * 40}"},
    ]
    assert (facts["license"], facts["version"]) == ("gpl-3.0-only", version.manifest.fingerprint)
    assert (facts["upload_type"], facts["access_right"]) == ("dataset", "open")
    assert "&lt;script&gt;" in facts["description"]
    assert "<script>" not in facts["description"]
    assert "\n" not in facts["title"]


@pytest.mark.parametrize(
    "paper", ["see the appendix", "javascript:alert(1)", "https://a b", "https://", "arXiv:1", None]
)
def test_what_is_no_identifier_is_not_listed(site, root, make_version, paper):
    version = make_version(root, about={"paper": paper, "source": "timm"})
    record = deposit(root, version, [ANNA]).record
    assert site.depositions[record].metadata["related_identifiers"] == []


def test_creators_as_text():
    parse = Creator.parse
    assert parse("Doe, Anna; University of X; 0000-0002-1825-0097") == ANNA
    assert parse("Doe, Anna; https://orcid.org/0000-0002-1694-233x").orcid == "0000-0002-1694-233X"
    assert parse(" Doe, Anna ;; ") == Creator("Doe, Anna")
    for wrong in (
        "Anna Doe",
        "Doe,",
        ", Anna",
        "",
        "Doe, A; X; Y",
        "Doe, A; X; 0000-0002-1825-0098",
        "Doe, A; X; 1234; Z",
    ):
        with pytest.raises(UsageError, match="creator"):
            parse(wrong)
