"""A title from a file's name: what programs put there in place of spaces, and their marks, go."""

import re
from pathlib import PurePosixPath

_ENDINGS = re.compile(r"\.[A-Za-z0-9]{1,6}$")
# The id that downloaders add: "Title [dQw4w9WgXcQ]".
_VIDEO_ID = re.compile(r"\s*[\[(][A-Za-z0-9_-]{11}[\])]\s*$")


def title_from(name: str) -> str:
    """The name without its ending, readable: `my_summer.trip-2019.mp4` is "my summer trip-2019"."""
    last = PurePosixPath(name).name
    stem = _ENDINGS.sub("", last) or last
    text = _VIDEO_ID.sub("", stem) or stem
    text = text.replace("_", " ")
    if " " not in text.strip() or text.count(".") > text.count(" "):
        # Only where dots stand for spaces: "v1.2 final" keeps its dot.
        text = re.sub(r"(?<=\w)\.(?=\w)", " ", text)
    return " ".join(text.split()) or stem


def stem_of(name: str) -> str:
    """What two files have in common that belong together, whatever their case."""
    return _ENDINGS.sub("", PurePosixPath(name).name).casefold()
