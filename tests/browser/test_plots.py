"""Plots in a browser: what a mark stands for, by mouse, keyboard and finger, and what can be downloaded."""

import base64
import struct
from xml.etree import ElementTree

import pytest

from tests.browser.conftest import visitor

PAGE = "boards/efficiency.html"
SVG = "{http://www.w3.org/2000/svg}"


def first_mark(page):
    return page.locator("figure.drawing svg a").first


def test_a_mark_says_what_it_is_on_hovering_and_goes_with_escape(page):
    page.goto(PAGE)
    first_mark(page).locator("path").hover(force=True)
    said = page.locator(".tip").inner_text()
    assert "parameters" in said or "MB" in said
    page.keyboard.press("Escape")
    assert page.locator(".tip").is_hidden()


def test_a_mark_says_what_it_is_when_it_has_the_focus_and_leads_to_its_backbone(page, site):
    page.goto(PAGE)
    mark = first_mark(page)
    mark.focus()
    name = mark.get_attribute("aria-label").partition(":")[0]
    assert page.locator(".tip").inner_text().startswith(f"{name}: ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/backbones/*")
    assert page.locator("h1").inner_text() == name


def test_a_tap_near_a_mark_says_what_it_is_and_a_second_one_follows(browser, site):
    context = browser.new_context(base_url=site.url, viewport={"width": 375, "height": 812}, has_touch=True)
    page = context.new_page()
    page.goto(PAGE)
    mark = first_mark(page)
    mark.scroll_into_view_if_needed()
    box = mark.locator("path").bounding_box()
    at = box["x"] + box["width"] / 2 + 6, box["y"] + box["height"] / 2 + 6
    page.touchscreen.tap(*at)
    assert page.locator(".tip").inner_text() == mark.get_attribute("aria-label")
    assert page.url.endswith(PAGE)
    page.locator(".tip a").tap()
    page.wait_for_url("**/backbones/*")
    context.close()


@pytest.mark.parametrize("protocol", ["http", "file"])
def test_a_figure_is_downloaded_with_its_source(browser, site, tmp_path, protocol):
    context = visitor(browser, site)
    page = context.new_page()
    page.goto(PAGE if protocol == "http" else f"file://{site.folder}/{PAGE}")
    figure = page.locator("figure.drawing").first
    source = page.locator("meta[name=fuseboard-source]").get_attribute("content")
    for kind in ("SVG", "PNG"):
        with page.expect_download() as waiting:
            figure.get_by_role("button", name=kind).click()
        waiting.value.save_as(tmp_path / kind)
    drawing = ElementTree.parse(tmp_path / "SVG").getroot()
    assert [text.text for text in drawing.iter(f"{SVG}text")][-1] == source
    assert "var(" not in (tmp_path / "SVG").read_text()
    assert not list(drawing.iter(f"{SVG}a"))
    width, height = struct.unpack(">II", (tmp_path / "PNG").read_bytes()[16:24])
    assert (width, height) == tuple(3 * int(drawing.get(side)) for side in ("width", "height"))
    context.close()


def test_a_painted_figure_looks_like_the_drawing(browser, site, tmp_path):
    """The picture is painted shape by shape, so it is held against what the browser makes of the same SVG."""
    context = visitor(browser, site)
    page = context.new_page()
    page.goto(PAGE)
    figure = page.locator("figure.drawing").first
    for kind in ("SVG", "PNG"):
        with page.expect_download() as waiting:
            figure.get_by_role("button", name=kind).click()
        waiting.value.save_as(tmp_path / f"x.{kind.lower()}")
    page.goto("about:blank")
    differing = page.evaluate(
        """async ([svg, png]) => {
            const pixels = async (source) => {
                const image = Object.assign(new Image(), { src: source });
                await image.decode();
                const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 332 });
                canvas.getContext("2d").drawImage(image, 0, 0, 400, 332);
                return canvas.getContext("2d").getImageData(0, 0, 400, 332).data;
            };
            const [one, other] = [await pixels(svg), await pixels(png)];
            return one.reduce((sum, value, at) => sum + (Math.abs(value - other[at]) > 60), 0) / one.length;
        }""",
        [_url(tmp_path / "x.svg", "image/svg+xml"), _url(tmp_path / "x.png", "image/png")],
    )
    assert differing < 0.01
    context.close()


def _url(path, kind):
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
