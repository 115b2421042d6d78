"""What people write as TOML: taken as meant, or refused with every fault at once, a line and a plain sentence each."""

import re
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from fuseboard.store.errors import UsageError
from fuseboard.store.files import toml_file


class Part(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(extra="forbid")

    size: int = Field(ge=1, description="in pixels")
    mode: Literal["RGB", "L"] = "RGB"


class Whole(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(pattern="^[a-z]+$"), Field(description="small letters")]
    title: str
    gated: bool = False
    share: float = Field(0.5, ge=0, lt=1)
    kinds: tuple[str, ...] = ()
    part: Part
    parts: dict[str, Part] = {}


GOOD = 'name = "a"\ntitle = "b"\n[part]\nsize = 1\n'


def said(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "my.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        toml_file.read(Whole, path)
    except UsageError as error:
        return str(error).removeprefix(f"{path}: ")
    return ""


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_editors_of_windows_are_welcome(tmp_path: Path, mark: bytes, end: str) -> None:
    assert said(tmp_path, mark + GOOD.replace("\n", end).encode()) == ""


def test_every_fault_comes_at_once_with_its_line(tmp_path: Path) -> None:
    text = 'name = "A"\ngated = "perhaps"\ntitel = "x"\nshare = 1.5\nkinds = "x"\n\n[part]\nmode = "LL"\n'
    text += '[parts.a]\nsize = "b"\n'
    assert said(tmp_path, text).split(" | ") == [
        "title is missing",
        "line 1: name: 'A' cannot be this: small letters",
        "line 2: gated: 'perhaps' is neither true nor false, which have no quotes",
        "line 3: titel: unknown key 'titel'; did you mean title?",
        "line 4: share: 1.5 is too large; it is less than 1",
        "line 5: kinds: 'x' is no list; put it in brackets, such as ['x']",
        "line 7: part.size is missing (in pixels)",
        "line 8: part.mode: 'LL' is not known here; did you mean L?",
        "line 10: parts.a.size: 'b' is no whole number",
    ]


def test_keys_that_are_missing_are_one_sentence(tmp_path: Path) -> None:
    assert said(tmp_path, "") == "name, title, part are missing"
    assert said(tmp_path, 'name = "a"\ntitle = "b"\npart = 1\n') == "line 3: part: 1 is no table of keys and values"


def test_a_table_under_a_neighbouring_name(tmp_path: Path) -> None:
    assert said(tmp_path, GOOD + "[name]\nsize = 1\n") != ""
    assert said(tmp_path, GOOD.replace('title = "b"', "title = { a = 1 }")) == (
        "line 2: title: is a table, and a text belongs here"
    )


def test_what_is_to_be_filled_in_is_that_and_nothing_else(tmp_path: Path) -> None:
    text = GOOD.replace("= 1", '= "FILL IN"').replace('"b"', '"FILL IN"') + 'mode = "FILL IN"\n'
    assert said(tmp_path, text).endswith(": title (line 2), part.size (line 4), part.mode (line 5)")
    assert " | " not in said(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD + "mode = RGB\n", "line 5: not a TOML file: Invalid value: 'mode = RGB'; a text stands between quotes"),
        (GOOD + "mode: 'RGB'\n", "line 5: .*; a key and its value have = between them"),
        ("gated = True\n" + GOOD, "line 1: .*; write true or false in small letters"),
        ('title = "C:\\Users\\me"\n', "line 1: .*; write a path of Windows with / or between single quotes"),
        ('title = "x"\ntitle = "y"\n', "line 2: not a TOML file: Cannot overwrite a value"),
        ('title = "x', "line 1: not a TOML file: .*"),
        (GOOD.encode("utf-16"), "it is UTF-16, .*; save it in UTF-8"),
        (GOOD.encode("utf-16-le"), "it is UTF-16"),
        (GOOD.replace('"b"', '"\xe4"').encode("latin-1"), "line 2: the byte 0xe4 is not UTF-8 .*; save the file as"),
        ("a = " + "[" * 5000, "is nested too deeply to be read"),
        (f"a = {'9' * 5000}", "not a TOML file: Exceeds the limit"),
    ],
)
def test_what_is_no_toml_is_said_with_its_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    found = said(tmp_path, content)
    assert re.match(message, found)
    assert "\n" not in found
