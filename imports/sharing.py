"""The address that a phone's share sheet or a bookmark hands to the import page."""

import re
from collections.abc import Mapping

# In this order: most apps put the address into the text, between words.
SHARED = ("url", "text", "title")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”»]+", re.IGNORECASE)
_LONGEST = 4000
# What a sentence puts behind an address is not part of it.
_BEHIND = ".,;:!?'\u2019\u2026"
_PAIRS = {")": "(", "]": "["}


def shared_address(given: Mapping[str, str]) -> str:
    """The first web address in what was shared; without one, what was given as `url`."""
    for name in SHARED:
        if found := _ADDRESS.search(given.get(name, "")):
            return _trimmed(found.group(0)[:_LONGEST])
    return given.get("url", "").strip()[:_LONGEST]


def _trimmed(address: str) -> str:
    while address[-1] in _BEHIND or _is_unpaired(address):
        address = address[:-1]
    return address


def _is_unpaired(address: str) -> bool:
    last = address[-1]
    return last in _PAIRS and address.count(_PAIRS[last]) < address.count(last)
