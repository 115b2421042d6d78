"""Deposits that must not happen or may not, and the token that goes nowhere else."""

import json

import pytest

from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes import zenodo
from fuseboard.store.remotes.zenodo_deposit import Creator, deposit
from tests.store import zenodo_server
from tests.store.wire import TOKEN

site = zenodo_server.zenodo
ANNA = Creator("Doe, Anna", "University of X", "0000-0002-1825-0097")
KEYS = [f"digits~{split}-0000{n}-of-00002.parquet" for split in ("train", "val", "test") for n in (0, 1)]


@pytest.fixture
def version(make_version, root):
    made = make_version(root)
    (made.folder / "card.toml").write_text('id = "alpha"\n')
    return made


@pytest.mark.parametrize(
    ("about", "creators", "line"),
    [
        ({"redistribution": "hash"}, [ANNA], r"its licence, Apache-2.0, does not let its embeddings be passed on"),
        ({"licence": "my own"}, [ANNA], r"Zenodo lists no licence 'my own'; settle it on the card"),
        ({}, [], r"give --creator 'Family, Given; Affiliation; ORCID'"),
    ],
)
def test_nothing_is_sent_of_what_may_not_be_deposited(site, root, make_version, about, creators, line):
    with pytest.raises(FuseboardError, match=line):
        deposit(root, make_version(root, about=about), creators)
    assert site.asked == []


def test_nothing_is_sent_of_a_damaged_version(site, root, version):
    path = version.folder / "digits" / KEYS[2].partition("~")[2]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(FuseboardError, match="the shard is damaged"):
        deposit(root, version, [ANNA])
    path.unlink()
    with pytest.raises(FuseboardError, match="it is not there"):
        deposit(root, version, [ANNA])
    assert site.asked == []


def test_too_many_files_are_refused_before_they_are_sent(site, root, make_version):
    version = make_version(root, rows=120, parts=50)
    with pytest.raises(FuseboardError, match="153 files, and a Zenodo record takes 100; push it to the Hub instead"):
        deposit(root, version, [ANNA])
    assert site.sent() == []


def test_no_token_and_wrong_tokens(site, root, version, monkeypatch):
    mend = r"set ZENODO_TOKEN to a token with the scopes .* made at .*/account/settings/applications/tokens/new/"
    for token, line in [("", "takes deposits only from those it knows"), ("wrong", r"refused \(HTTP 401: The server")]:
        monkeypatch.setenv("ZENODO_TOKEN", token)
        with pytest.raises(FuseboardError, match=rf"{line}.*{mend}"):
            deposit(root, version, [ANNA])
    monkeypatch.setenv("ZENODO_TOKEN", "two\nlines")
    with pytest.raises(FuseboardError, match=r"\$ZENODO_TOKEN is not a token") as caught:
        deposit(root, version, [ANNA])
    assert "two" not in str(caught.value)
    monkeypatch.setenv("ZENODO_TOKEN", "may-not-publish")
    site.tokens["may-not-publish"] = {"deposit:write"}
    with pytest.raises(FuseboardError, match=rf"refused \(HTTP 403: Permission denied.\); {mend}"):
        deposit(root, version, [ANNA], publish=True)
    monkeypatch.setenv("ZENODO_TOKEN", TOKEN)  # somebody else's draft
    with pytest.raises(FuseboardError, match=r"refused \(HTTP 403"):
        deposit(root, version, [ANNA], publish=True)


def test_what_zenodo_refuses_is_told(site, root, make_version, monkeypatch):
    version = make_version(root, about={"licence": "zlib"})  # which the loopback Zenodo does not list
    with pytest.raises(FuseboardError, match=r"HTTP 400: Validation error; metadata.license: Not a valid choice"):
        deposit(root, version, [ANNA])
    small = make_version(root, backbone="beta")
    site.largest = 10
    with pytest.raises(
        FuseboardError, match=r"HTTP 413: The data value transmitted exceeds the capacity limit.; it is more"
    ):
        deposit(root, small, [ANNA])


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"[]", b'{"id": "x"}', b"{}"])
def test_an_answer_that_is_no_deposition_is_refused(site, root, version, body):
    site.instead = lambda method, path: (200, {"Content-Type": "text/html"}, body)
    with pytest.raises(FuseboardError, match=r"is not JSON|does not answer with a deposition"):
        deposit(root, version, [ANNA])


def test_the_token_goes_to_no_other_server(site, root, version, tmp_path):
    (folder := tmp_path / "elsewhere").mkdir()
    other = zenodo_server.Zenodo(folder)
    site.bucket_at = other.url
    with pytest.raises(FuseboardError, match="its files would go to another server"):
        deposit(root, version, [ANNA])
    site.bucket_at = None
    site.instead = lambda method, path: (302, {"Location": f"{other.url}{path}"}, b"") if method == "GET" else None
    with pytest.raises(FuseboardError):
        deposit(root, version, [ANNA])
    assert other.asked
    assert other.carried == [None] * len(other.carried)
    other.close()


def test_the_token_reaches_no_log_error_or_file(site, root, version, tmp_path, caplog, capfd):
    caplog.set_level("DEBUG")
    said = []
    for echo in (400, 401, 500):  # a server that says what it was told
        body = json.dumps({"message": f"you said Bearer {TOKEN}"}).encode()
        site.instead = lambda method, path, echo=echo, body=body: (echo, {}, body)
        with pytest.raises(FuseboardError) as caught:
            deposit(root, version, [ANNA])
        said.append(str(caught.value))
    site.instead = lambda method, path: None
    done = deposit(root, version, [ANNA], publish=True)
    zenodo.pull(tmp_path / "other", done.doi)
    assert f"Bearer {TOKEN}" in site.carried
    assert {record.name.partition(".")[0] for record in caplog.records} >= {"httpx2", "httpcore2"}
    texts = [*said, caplog.text, *capfd.readouterr(), repr(done)]
    texts += [p.read_bytes().decode(errors="replace") for p in tmp_path.rglob("*") if p.is_file()]
    assert not [text for text in texts if TOKEN in text]


def test_the_sandbox_has_its_own_token_prefix_and_history(site, root, version, monkeypatch, tmp_path):
    with pytest.raises(FuseboardError, match="set ZENODO_SANDBOX_TOKEN"):
        deposit(root, version, [ANNA], sandbox=True)
    monkeypatch.setenv("ZENODO_SANDBOX_TOKEN", TOKEN)
    site.prefix = "10.5072"
    assert deposit(root, version, [ANNA], sandbox=True).doi.startswith("10.5072/zenodo.")
    done = deposit(root, version, [ANNA], sandbox=True, publish=True)
    assert zenodo.pull(tmp_path / "other", done.doi, sandbox=True).files == 6
