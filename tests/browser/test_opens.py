"""Every page opens clean: no error, no request to elsewhere, nothing that the policy forbids, no sideways scroll."""

import pytest

WIDTHS = (320, 768, 1440)
"""Pixels: the narrowest phone that WCAG asks for, a tablet, a desk."""
OPEN = "() => document.querySelectorAll('details').forEach((each) => { each.open = true; })"
WIDER = """() => {
    const root = document.scrollingElement;
    if (root.scrollWidth <= root.clientWidth) return null;
    const beyond = (one) => one.getBoundingClientRect().right > root.clientWidth + 0.5;
    const wide = [...document.querySelectorAll("main *")].filter(beyond);
    return `${root.scrollWidth} px: ${wide.map((one) => one.outerHTML.slice(0, 80)).slice(0, 3).join(" ")}`;
}"""


def test_every_page_opens_clean_and_never_scrolls_sideways(site, page, record):
    """Complaints and requests to elsewhere fail it when it is over; scripts of a page have run by then."""
    found = []
    for path in site.paths:
        assert page.goto(path).ok, path
        before = len(record.complaints)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{path} at {width} px is {wider}" for wider in [page.evaluate(WIDER)] if wider]
        page.evaluate(OPEN)
        for width in WIDTHS[:2]:
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{path}, opened, at {width} px is {wider}" for wider in [page.evaluate(WIDER)] if wider]
        record.complaints[before:] = [f"{path}: {said}" for said in record.complaints[before:]]
    assert found == []
    assert len(site.paths) > 30


def test_a_complaint_would_be_heard(site, page, record):
    page.goto("index.html")
    page.evaluate(
        """async () => {
            console.warn("careful");
            setTimeout(() => { throw new Error("thrown"); });
            await fetch("https://elsewhere.example/").catch(() => null);
            document.body.append(Object.assign(document.createElement("script"), { textContent: "alert(1)" }));
            alert("hello");
        }"""
    )
    page.wait_for_timeout(50)
    said = " ".join(record.complaints)
    record.complaints.clear()
    for part in ("careful", "thrown", "https://elsewhere.example/", "Content Security Policy", "a dialog: hello"):
        assert part in said, part


@pytest.mark.parametrize("width", WIDTHS)
def test_an_open_list_of_columns_stays_on_the_screen(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("boards/singles.html")
    if width < 640:
        page.get_by_text("Search and filter").first.click()
    page.locator("details.columns summary").first.click()
    box = page.locator("details.columns .list").first.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
