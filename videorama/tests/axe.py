"""What axe says of a page: the rules of accessibility that it breaks."""

from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Without `preload` axe fetches every style sheet once more, from wrong addresses, for one
# experimental rule that does not run.
_OPTIONS = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
# The rules whose answer depends on light or dark.
_OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


def violations(page: "Page", *, only_colour: bool = False) -> list[dict[str, Any]]:
    """Each broken rule, and the first places where it is."""
    options = _OPTIONS | ({"runOnly": _OF_COLOUR} if only_colour else {})
    found = Axe().run(page, options=options).response["violations"]
    return [
        {"rule": one["id"], "at": [node["html"][:160] for node in one["nodes"][:3]]}
        for one in found
    ]
