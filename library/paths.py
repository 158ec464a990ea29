"""Where a file of a library goes: the path template language and names that every disk can hold.

Pure text, no disk. What people typed stays as it is in the rows; only names on disk are made safe.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from library.errors import BadTemplate

DEFAULT_TEMPLATE = "{uploader}/{title}.{ext}"
FLAT_TEMPLATE = "{title}.{ext}"
NUMBERS = frozenset({"year", "month", "day", "track_number", "season", "episode"})
WORDS = frozenset(
    {
        "title",
        "ext",
        "date",
        "uuid",
        "artist",
        "album",
        "genre",
        "composer",
        "director",
        "resolution",
        "language",
        "show_title",
        "episode_title",
        "uploader",
        "platform",
        "category",
    }
)
VARIABLES = NUMBERS | WORDS
TEMPLATE_LIMIT = 300
DEPTH_LIMIT = 10
NAME_CHARS = 120
# A name is 255 bytes on every common file system; the rest is for "-<uuid>", language and ending.
NAME_BYTES = 180
PATH_CHARS = 1000

_HOLE = re.compile(r"\{([a-z_]+)(?::(0?[1-9]d))?\}")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Control, invisible direction marks, lone surrogates, line and paragraph separators.
_UNPRINTED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_EDGES = " .-_,"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.I)


@dataclass(frozen=True)
class Place:
    """Folders below the library's folder, the name without ending, and the ending without dot."""

    folders: tuple[str, ...]
    stem: str
    ext: str

    def numbered(self, suffix: str) -> str:
        """The path relative to the library's folder; `suffix` tells equal names apart."""
        return "/".join((*self.folders, f"{self.stem}{suffix}.{self.ext}"))


def check_template(template: str) -> str:
    """The template as it was given; raises BadTemplate with a sentence that names the fault."""
    if not template.strip() or len(template) > TEMPLATE_LIMIT:
        raise BadTemplate(
            _("A path template has 1 to %(limit)s characters.") % {"limit": TEMPLATE_LIMIT}
        )
    if template.startswith("/") or "\\" in template or not template.isprintable():
        raise BadTemplate(_("A path template is relative and separates folders with /."))
    segments = template.split("/")
    if len(segments) > DEPTH_LIMIT:
        raise BadTemplate(_("A path template has at most %(n)s folders.") % {"n": DEPTH_LIMIT})
    if any(segment.strip() in {"", ".", ".."} for segment in segments):
        raise BadTemplate(_("A path template may not hold empty folders, “.” or “..”."))
    for name, spec in _HOLE.findall(template):
        if name not in VARIABLES:
            raise BadTemplate(_("“%(name)s” is not a known variable.") % {"name": name})
        if spec and name not in NUMBERS:
            raise BadTemplate(_("“%(name)s” is not a number.") % {"name": name})
    rest = _HOLE.sub("", template)
    if "{" in rest or "}" in rest:
        raise BadTemplate(_("Write variables as {title} or, for numbers, {track_number:02d}."))
    return template


def place(template: str, values: Mapping[str, str], *, ext: str) -> Place:
    """Fills the template. Folders whose variables are all empty are left out.

    The name always ends in `.ext`, whatever the template says, and is never empty.
    """
    ending = re.sub(r"[^a-z0-9]", "", ext.lower())[:10] or "bin"
    given = {**values, "ext": ending}
    *folders, last = template.split("/")
    if last.endswith(".{ext}"):
        last = last[: -len(".{ext}")]
    made = [_segment(folder, given) for folder in folders]
    stem = _segment(last, given) or safe_name(given.get("title", "")) or "untitled"
    return Place(tuple(name for name in made if name), stem, ending)


def fitted(place: Place, *, below: str) -> Place:
    """The place with outer folders dropped until the whole path under `below` fits its column."""
    folders = place.folders
    reserve = 60
    while folders and len(below) + len("/".join(folders)) + len(place.stem) + reserve > PATH_CHARS:
        folders = folders[1:]
    return Place(folders, place.stem, place.ext)


def safe_name(text: str) -> str:
    """One file or folder name from any text, without ending; empty when nothing usable is left."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[/\\\s]+", " ", text)
    text = "".join(char for char in text if unicodedata.category(char) not in _UNPRINTED)
    text = _FORBIDDEN.sub("", text)
    text = re.sub(r"\.{2,}", ".", re.sub(r" {2,}", " ", text))
    text = text.lstrip(" .").rstrip(" .")
    text = _cut(text).rstrip(" .")
    return f"_{text}" if _RESERVED.fullmatch(text) else text


def _segment(pattern: str, values: Mapping[str, str]) -> str:
    holes = _HOLE.findall(pattern)
    filled = [_value(values.get(name, ""), spec) for name, spec in holes]
    if holes and not any(filled):
        return ""
    parts = iter(filled)
    text = _HOLE.sub(lambda _match: next(parts), pattern)
    # " - Title" after an empty track number: separators at the edges belonged to what is missing.
    return safe_name(text if all(filled) else text.strip(_EDGES))


def _value(value: str, spec: str) -> str:
    """A variable's text; of a number such as "3/12" the first figures, zero-padded by the spec."""
    if spec:
        figures = re.match(r"\s*0*(\d{1,9})", value)
        if figures:
            return format(int(figures.group(1)), spec)
    return safe_name(value)


def _cut(text: str) -> str:
    """At most NAME_CHARS characters and NAME_BYTES bytes, never through a character."""
    encoded = text[:NAME_CHARS].encode()[:NAME_BYTES]
    return encoded.decode(errors="ignore")
