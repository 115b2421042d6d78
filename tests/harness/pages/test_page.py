"""A page: one file, nothing from elsewhere, nothing foreign that is markup."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from fuseboard.harness.pages import page, thumbnail

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe'


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "one.html.j2"
    path.write_text(
        '{% extends "base.html.j2" %}{% import "macros.html.j2" as m %}{% block main %}<h1>{{ title }}</h1>'
        '<img src="{{ picture }}" alt="{{ title|foreign }}">{% call m.scrolling(title) %}x{% endcall %}{% endblock %}'
    )
    return path


@pytest.fixture
def made(template):
    picture = page.data_uri(thumbnail.png(np.zeros((8, 8), np.uint8)))
    return page.render(template, {"title": HOSTILE, "description": HOSTILE, "picture": picture})


def test_nothing_comes_from_elsewhere(made):
    elements = Elements(made).found
    addresses = [value for _, attrs in elements for key, value in attrs.items() if key in ("src", "href")]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "@import" not in made
    assert not re.search(r"url\((?!['\"]?(data:|#))", made)


def test_foreign_text_stays_text(made):
    elements = Elements(made).found
    assert not [tag for tag, _ in elements if tag == "script"]
    assert not [attrs for _, attrs in elements if any(key.startswith("on") for key in attrs)]
    title = re.search("<title>(.*?)</title>", made).group(1)
    assert "\u202e" not in title


def test_the_style_is_the_one_that_the_policy_allows(made):
    style = re.search("<style>(.*?)</style>", made, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in made
    assert "--accent" in style


def test_a_page_may_add_styles(template, tmp_path):
    own = tmp_path / "own.css"
    own.write_text(".mine { color: red; }")
    made = page.render(template, {"title": "t", "description": "d", "picture": "data:,"}, [own])
    assert made.index("--accent") < made.index(".mine")


def test_what_a_template_names_must_be_given(template):
    with pytest.raises(Exception, match="picture"):
        page.render(template, {"title": "t", "description": "d"})


@pytest.mark.parametrize(("value", "shown"), [(None, "–"), (0.1234, "0.123"), (-1.5, "−1.500")])
def test_numbers(value, shown):
    assert page.number(value) == shown


def test_a_large_image_shrinks_and_colours_stay():
    import io

    from PIL import Image

    shown = Image.open(io.BytesIO(thumbnail.png(np.full((200, 100, 3), 7, np.uint8), 50)))
    assert shown.size == (25, 50)
    assert shown.getpixel((0, 0)) == (7, 7, 7)
