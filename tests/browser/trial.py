"""A page of its own for the scripts: the head of a real one, and tables whose every value a test knows."""

import re

LICENCES = ("MIT", "Apache-2.0", "CC BY-NC 4.0", None)


def trial(site, page, *tables: str) -> None:
    """Opens a page with these tables, at an address on which a site has none."""
    front = (site.folder / "index.html").read_text(encoding="utf-8")
    text = re.sub(
        r"(<main[^>]*>).*(</main>)", lambda found: f"{found[1]}{''.join(tables)}{found[2]}", front, flags=re.S
    )
    page.context.route("**/trial.html*", lambda route: route.fulfill(body=text, content_type="text/html"))
    page.goto("trial.html")


def table(name="t", rows=60, columns=4, optional=(), spanned=False) -> str:
    """Backbones with a licence and columns of numbers, two and two under one heading; what has no number is missing.

    The value of column c in row r is (7 * r + c) % rows / rows, or missing where r + c is divisible by 11; every row
    comes twice, so that there are ties. `spanned` adds a row in which one reason stands for all numbers.
    """
    heads = "".join(
        f'<th scope="col" class="n" data-column="c{c}" data-sort="number"{" data-optional" if c in optional else ""}>'
        f"AUC {c}</th>"
        for c in range(columns)
    )
    groups = "".join(f'<th scope="colgroup" colspan="2">Group {g}</th>' for g in range(columns // 2))
    lines = [
        f'<tr><th scope="row">{backbone(r)}</th><td>{licence(r) or MISSING}</td>'
        + "".join(_cell(value(r, c, rows)) for c in range(columns))
        + "</tr>"
        for r in range(rows)
    ]
    if spanned:
        lines.append(f'<tr><th scope="row">spanned</th><td>MIT</td><td colspan="{columns}">{MISSING}</td></tr>')
    return f"""
        <div class="scroll" role="group" aria-label="Trial {name}" tabindex="0"><table id="{name}" class="sortable">
        <caption><span>Trial {name}</span></caption><thead><tr>
        <th scope="col" rowspan="2" data-column="name">Backbone</th>
        <th scope="col" rowspan="2" data-column="licence" data-filter>Licence</th>{groups}</tr><tr>{heads}</tr></thead>
        <tbody>{"".join(lines)}</tbody>
        <tfoot><tr><th scope="row">all</th><td colspan="{columns + 1}">a sum</td></tr></tfoot></table></div>"""


MISSING = '<span class="missing">– <small>nobody knows</small></span>'


def backbone(row: int) -> str:
    return f"net-{row}"


def licence(row: int) -> str | None:
    return LICENCES[row % len(LICENCES)]


def value(row: int, column: int, rows: int) -> float | None:
    return None if (row + column) % 11 == 0 else ((7 * (row // 2) + column) % rows) / rows


def _cell(known: float | None) -> str:
    # What is shown is rounded so far that sorting by it would be wrong.
    shown = MISSING if known is None else f'<data value="{known!r}">{known:.1f}</data>'
    return f'<td class="n">{shown}</td>'
