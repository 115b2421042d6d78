"""Row links give every row of a table an address, and a link to it beside its name, without any script."""

import html
import re
from collections import Counter
from urllib.parse import quote

LINK = '<a class="row-link" href="#{}" aria-label="Link to this row"></a>'
"""Its sign comes from tables.css, so that the text of a row stays the row's own."""
MAX_LETTERS = 200
"""Of a name in an address."""
MAX_CELLS = 4
"""After the heading of a row, that its address may name."""
_TABLE = re.compile(r'<table[^>]*? id="([^"]+)".*?</table>', re.DOTALL)
_ROW = re.compile(r'<tr([^>]*)>(\s*)<th scope="row"([^>]*)>(.*?)</th>', re.DOTALL)
_CELL = re.compile(r"<td([^>]*)>(.*?)</td>", re.DOTALL)
_IS_NUMBER = re.compile(r'class="n\b')
_BESIDE = re.compile(r'\s*<(?:small|(?:a|span) class="badge)')
"""Where what stands beside a name begins."""
_SORTED_BY = re.compile(r'data-value="([^"]*)"')
_SIGN = re.compile(r'<a class="why".*?</a>')
"""Of a footnote, which is no part of a name: footnotes are counted anew by every build."""
_TAG = re.compile(r"<[^>]*>")
_NOT_IN_ADDRESSES = re.compile(r"[^\w.+-]+")


def linked(page: str) -> str:
    """Return a page whose rows have addresses: `<id of the table>.<name of the row>`.

    Rows of one name are told apart by what stands beside it, such as their protocol, then by their next cells of words,
    and counted only where all of these are the same: a score that changes must not change an address. Rows that have an
    id already, as those of provenance have, keep it.

    Args:
        page: HTML as the templates write it, in which every `>` of an attribute is escaped.
    """
    return _TABLE.sub(_with_addresses, page)


def _with_addresses(table: re.Match[str]) -> str:
    rows = [row for row in _ROW.finditer(table[0]) if ' id="' not in row[1]]
    if not rows:
        return table[0]
    names = [_slug(_name(row)) for row in rows]
    for level in range(MAX_CELLS + 1):
        often = Counter(names)
        if len(often) == len(names):
            break
        names = [
            name if often[name] == 1 else _longer(table[0], row, level) for name, row in zip(names, rows, strict=True)
        ]
    taken: Counter[str] = Counter()
    parts, end = [], 0
    for name, row in zip(names, rows, strict=True):
        taken[name] += 1
        address = f"{table[1]}.{name}{f'.{taken[name]}' if taken[name] > 1 else ''}"
        link = LINK.format(quote(address, safe="+"))
        before, after = _parted(row[4])
        parts += [
            table[0][end : row.start()],
            f'<tr{row[1]} id="{html.escape(address)}">{row[2]}<th scope="row"{row[3]}>{before}{link}{after}</th>',
        ]
        end = row.end()
    return "".join(parts) + table[0][end:]


def _parted(heading: str) -> tuple[str, str]:
    """Part what a row is called from what stands beside it; a row that is called by a badge alone has nothing there."""
    beside = _BESIDE.search(heading)
    if beside is None or not _TAG.sub("", heading[: beside.start()]).strip():
        return heading.rstrip(), ""
    return heading[: beside.start()], heading[beside.start() :]


def _name(row: re.Match[str]) -> str:
    value = _SORTED_BY.search(row[3])
    return value[1] if value else _TAG.sub(" ", _SIGN.sub("", _parted(row[4])[0]))


def _longer(table: str, row: re.Match[str], cells: int) -> str:
    """Return all that a heading says, and what so many cells of words after it say."""
    rest = table[row.end() : table.find("</tr>", row.end())]
    said = [_SIGN.sub("", row[4]), *(cell[2] for cell in _CELL.finditer(rest) if not _IS_NUMBER.search(cell[1]))][
        : cells + 1
    ]
    return _slug(" ".join(_TAG.sub(" ", part) for part in said))


def _slug(name: str) -> str:
    return _NOT_IN_ADDRESSES.sub("-", html.unescape(name).strip())[:MAX_LETTERS]
