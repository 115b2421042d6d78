"""Links of rows: an address from the name of a row, the same whatever its scores are, and no other row's."""

import re

from fuseboard.leaderboard.pages.row_links import MAX_LETTERS, linked


def table(*rows):
    """A table t with these headings and cells of words, each row one string as a template writes it."""
    return '<p>before</p><table id="t" class="sortable"><tbody>' + "".join(rows) + "</tbody></table>"


def row(heading, *cells, attributes="", more=""):
    return (
        f'<tr{attributes}><th scope="row"{more}>{heading}</th>' + "".join(f"<td{cell}</td>" for cell in cells) + "</tr>"
    )


def ids(page):
    found = re.findall(r'<tr[^>]* id="([^"]*)"', page)
    assert re.findall(r'class="row-link" href="#([^"]*)" aria-label="Link to this row"', page) == found
    return found


def test_the_address_is_the_name_without_what_stands_beside_it():
    name = '<a class="backbone" href="x.html">net-1</a> <a class="badge gated">gated</a><small>The net</small>'
    page = linked(table(row(name, ' class="n">.9')))
    assert ids(page) == ["t.net-1"]
    assert page.index('</a><a class="row-link"') < page.index("gated"), "the link stands beside the name"


def test_a_badge_may_be_the_name():
    assert ids(linked(table(row('\n<span class="badge chosen">chosen</span>\n')))) == ["t.chosen"]


def test_a_row_is_named_by_what_it_is_sorted_by():
    assert ids(linked(table(row("<a>a</a> + <a>b</a>", more=' data-value="a + b"')))) == ["t.a-+-b"]


def test_rows_of_one_name_are_told_apart_by_words_and_never_by_numbers():
    rows = [row("<a>net</a><small>v1</small>", f">{split}", ' class="n">.9') for split in ("train", "test")]
    other = row("<a>net</a><small>v2</small>", ">train", ' class="n">.8')
    assert ids(linked(table(*rows, other))) == ["t.net-v1-train", "t.net-v1-test", "t.net-v2"]
    assert ids(linked(table(row("net", ' class="n">.9'), row("net", ' class="n">.8')))) == ["t.net", "t.net.2"]


def test_the_sign_of_a_footnote_is_no_part_of_a_name():
    sign = '<a class="why" href="#t:a" data-means="busy"><sup>a</sup></a>'
    assert ids(linked(table(row(f"net{sign}", ">x"), row(f"net{sign}", ">y")))) == ["t.net-x", "t.net-y"]


def test_what_has_an_address_keeps_it_and_what_has_no_table_gets_none():
    page = table(row("net", attributes=' id="k1"')) + '<table><tr><th scope="row">net</th></tr></table>'
    assert linked(page) == page


def test_nothing_foreign_leaves_its_attribute():
    page = linked(table(row("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;", more=' data-value="&quot;&gt;&lt;b&gt;"')))
    assert ids(page) == ["t.-b-"]
    (long,) = ids(linked(table(row("n" * 500))))
    assert len(long) == len("t.") + MAX_LETTERS
