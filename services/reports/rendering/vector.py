"""SVG made fit for a page of ours: without style rules, and with ids that nothing else has."""

import re
from xml.etree import ElementTree as ET

from services.reports.rendering.drawing import FAINT, INK

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
REFERENCE = re.compile(r"url\(#([^)]+)\)")
FONT = re.compile(r"(?:(?P<style>italic|oblique) )?(?:[\w-]+ )*(?P<size>[\d.]+px) (?P<family>.+)")
# Instead of the only rule that the library writes for all it draws.
JOINS = {"stroke-linejoin": "round", "stroke-linecap": "butt"}
UNSEEN = {f"{{{SVG}}}{name}" for name in ("metadata", "style")}


def tidied(svg: str, prefix: str) -> ET.Element:
    """Looks are attributes, so that a page can forbid every style it did not write itself."""
    root = ET.fromstring(svg)  # noqa: S314 - we drew it, and texts in it are escaped
    for element in root.iter():
        for child in [one for one in element if one.tag in UNSEEN]:
            element.remove(child)
        _spread_style(element)
        _prefix_ids(element, prefix)
    root.attrib.update(JOINS)
    return root


def text_of(root: ET.Element) -> str:
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    return ET.tostring(root, encoding="unicode")


def in_the_readers_ink(svg: str) -> str:
    """Drawn in the colour of the text around it, light or dark."""
    for attribute in ("fill", "stroke"):
        svg = svg.replace(f'{attribute}="{INK}"', f'{attribute}="currentColor"')
        svg = svg.replace(f'{attribute}="{FAINT}"', f'{attribute}="var(--faint)"')
    return svg


def _spread_style(element: ET.Element) -> None:
    style = element.attrib.pop("style", "")
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    for name, _, value in pairs:
        element.attrib.update(_as_attributes(name.strip(), value.strip()))


def _as_attributes(name: str, value: str) -> dict[str, str]:
    if name != "font":
        return {name: value}
    font = FONT.fullmatch(value)
    if font is None:
        return {}
    style = {"font-style": font["style"]} if font["style"] else {}
    return {"font-size": font["size"], "font-family": font["family"], **style}


def _prefix_ids(element: ET.Element, prefix: str) -> None:
    for name, value in element.attrib.items():
        if name == "id":
            element.set(name, prefix + value)
        elif name == LINK:
            element.set(name, value.replace("#", f"#{prefix}", 1))
        elif "url(#" in value:
            element.set(name, REFERENCE.sub(rf"url(#{prefix}\1)", value))
