"""This is the one place where a Vega-Lite specification becomes a drawing inside a page."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from fuseboard.store.files.foreign_text import foreign

Element = ElementTree.Element

_TAGS = {"svg", "g", "a", "path", "line", "text", "title"}
_TITLED = {"path", "line", "text"}
_PAINTS = {"fill", "stroke"}
_INHERITED = {*_PAINTS, "stroke-width", "stroke-dasharray", "fill-opacity", "stroke-opacity", "text-anchor"}
_GEOMETRY = {"d", "transform", "viewBox", "x", "y", "x1", "x2", "y1", "y2"}
_KEPT = _INHERITED | _GEOMETRY
_DROPPED = {
    *("class", "version", "width", "height", "role", "pointer-events", "stroke-miterlimit"),
    *("font-family", "font-size", "font-weight"),  # plots.css says them, larger on a narrow screen
    *("aria-hidden", "aria-label", "aria-roledescription"),  # a label of a mark becomes its title first
}
_PAINT = re.compile(r"none|currentColor|var\(--[a-z-]+\)")
"""Nothing but colours of the theme, so that a drawing fits light and dark; and no `url(…)`."""
HOME = "https://site.invalid/"
"""What an address inside the site begins with until it is drawn: the library completes every other one by itself."""
_LINK = re.compile(r"(\.\./)*([\w.-]+/)*[\w.-]+\.html(#[\w.-]+)?")
"""Pages of the site itself, and nothing that a stranger may have named."""
_NUMBER = re.compile(r"-?\d*\.?\d+(?:e[-+]?\d+)?")
_VAIN = {("opacity", "1"), ("transform", "translate(0,0)"), ("x2", "0"), ("y2", "0")}


def draw(spec: dict[str, Any], description: str) -> str:
    """Draws a Vega-Lite specification whose data are inline and whose colours are CSS variables.

    Text stays text, coordinates have one decimal, and a mark's description is its title, shown on hovering.

    Args:
        spec: as `frame.frame` makes it; foreign text may be in it.
        description: what the drawing shows, one sentence for those who do not see it.

    Raises:
        ValueError: the library drew something that is not on the list of what a page may hold.
    """
    import vl_convert  # 30 ms, and its first drawing half a second: only for those who draw

    # It asks no other host for anything: no data but inline ones, and fonts are those of the machine.
    drawn = ElementTree.fromstring(vl_convert.vegalite_to_svg(_clean(spec), allowed_base_urls=[]))
    for element in drawn.iter():
        element.tag = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
        if href := element.attrib.pop("{http://www.w3.org/1999/xlink}href", None):
            element.set("href", href.removeprefix(HOME))
    _shorten(drawn)
    for element in drawn.iter():
        _check(element)
    drawn.attrib = {
        "class": "plot",
        "viewBox": drawn.attrib["viewBox"],
        "role": "group" if drawn.find(".//a") is not None else "img",  # an image has nothing in it to go to
        "aria-label": foreign(description),
    }
    return ElementTree.tostring(drawn, encoding="unicode")  # it escapes text and attributes


def _clean(part: Any) -> Any:
    """Replace letters that no XML may hold, wherever text stands."""
    if isinstance(part, dict):
        return {name: _clean(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_clean(value) for value in part]
    return foreign(part) if isinstance(part, str) else part


def _shorten(element: Element) -> None:
    """Leaves out what nobody sees, and says once on a group what all of its children say."""
    for child in list(element):
        _shorten(child)
        if child.get("display") == "none" or _is_empty(child):
            element.remove(child)
    title = element.get("aria-label")
    element.attrib = dict(_attributes(element))
    if title and element.tag in _TITLED:
        ElementTree.SubElement(element, "title").text = title
    if element.tag == "a":  # a title is the link's name, as well as what is shown on hovering
        for child in element:
            for found in child.findall("title"):
                child.remove(found)
                element.insert(0, found)
    if element.tag == "g":
        element[:] = [each for child in element for each in (child if _is_bare(child) else [child])]
        for name in sorted(_INHERITED):
            values = {child.get(name) for child in element}
            if len(values) == 1 and None not in values:
                element.set(name, values.pop() or "")
                for child in element:
                    del child.attrib[name]


def _attributes(element: Element) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        kept = _NUMBER.sub(_rounded, value) if name in _GEOMETRY else value
        vain = name in _DROPPED or (name, kept) in _VAIN or (name == "stroke-width" and "stroke" not in element.attrib)
        if not vain:
            yield name, kept


def _rounded(match: re.Match[str]) -> str:
    return f"{round(float(match[0]), 1) + 0:g}"  # + 0: no minus before a zero


def _is_empty(element: Element) -> bool:
    """Tell whether it is a group without children, or the box that is put behind every group."""
    return (element.tag == "g" and not len(element)) or element.get("class") == "background"


def _is_bare(element: Element) -> bool:
    return element.tag == "g" and not element.attrib


def _check(element: Element) -> None:
    if element.tag not in _TAGS:
        raise ValueError(f"a plot may not hold <{element.tag}>")
    for name, value in element.attrib.items():
        if element.tag == "a" and name == "href" and _LINK.fullmatch(value):
            continue
        if name not in _KEPT:
            raise ValueError(f"an element of a plot may not have {name}={value!r}")
        if name in _PAINTS and not _PAINT.fullmatch(value):
            raise ValueError(f"a plot may not be painted {value!r}: use a variable of the theme")
