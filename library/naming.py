"""Which names the files of an entry get; the same for new entries, for moves and for previews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from library import files, paths
from library.models import Entry, EntryFile, FileRole, Library
from library.placing import SUFFIXES

# These lie beside each other in the library's folder; all others in `.videorama/derived`.
BESIDE_ORIGINAL = {FileRole.ORIGINAL, FileRole.SUBTITLE}


@dataclass(frozen=True)
class Described:
    """What the template of a library may name about an entry."""

    uuid: UUID | str
    title: str
    uploader: str
    platform: str
    language: str
    height: int | None
    moment: datetime
    properties: Mapping[str, str]

    def values(self) -> dict[str, str]:
        """Texts by variable."""
        return {
            **self.properties,
            "title": self.title,
            "uuid": str(self.uuid),
            "uploader": self.uploader,
            "platform": self.platform,
            "language": self.language,
            "resolution": f"{self.height}p" if self.height else "",
            "year": f"{self.moment:%Y}",
            "month": f"{self.moment:%m}",
            "day": f"{self.moment:%d}",
            "date": f"{self.moment:%Y-%m-%d}",
        }


def place_by_template(library: Library, about: Described, *, ext: str) -> paths.Place:
    """Where the library's template wants it; by title alone when it does not organise."""
    template = library.path_template if library.auto_organize else paths.FLAT_TEMPLATE
    return paths.fitted(paths.place(template, about.values(), ext=ext), below=library.folder)


def described(entry: Entry, original: EntryFile) -> Described:
    """What is known about a stored entry; its properties come from memory when they are there."""
    return Described(
        uuid=entry.uuid,
        title=entry.title,
        uploader=entry.uploader,
        platform=entry.platform,
        language=entry.language,
        height=original.height,
        moment=entry.published_at or entry.added_at,
        properties={one.key: one.value for one in entry.properties.all()},
    )


def stored_place(
    entry: Entry,
    original: EntryFile,
    library: Library,
    subfolder: str | None = None,
    name: str = "",
) -> paths.Place:
    """Where the entry belongs in this library.

    In the subfolder, when one is named (empty: the library's own folder), under `name` or else its
    present name.
    Otherwise where the template wants it; a library that does not organise keeps the subfolder and
    name of its own entries, and of others the name.
    """
    if subfolder is None and library.auto_organize:
        return place_by_template(library, described(entry, original), ext=original.format)
    if subfolder is None:
        subfolder = entry.subfolder if entry.library_id == library.pk else ""
    name = name or original.path.rpartition("/")[2]
    stem, _dot, ext = name.rpartition(".")
    folders = tuple(step for step in subfolder.split("/") if step)
    return paths.fitted(paths.Place(folders, stem or name, ext or "bin"), below=library.folder)


def original_names(library: Library, place: paths.Place, uuid: UUID | str) -> list[str]:
    """Stored paths for the original, the best first."""
    return [f"{library.folder}/{place.numbered(suffix)}" for suffix in (*SUFFIXES, f"-{uuid}")]


def subtitle_names(stem: str, *, language: str, is_automatic: bool, ending: str) -> list[str]:
    """Stored paths for subtitles beside the original whose path without ending is `stem`."""
    word = paths.safe_name(language)[:20] or "und"
    kind = ".auto" if is_automatic else ""
    return [f"{stem}.{word}{kind}{suffix}.{ending}" for suffix in SUFFIXES]


def subfolder_of(library: Library, path: str) -> str:
    """The folders between the library's folder and the file."""
    return path.removeprefix(f"{library.folder}/").rpartition("/")[0][:500]


@dataclass(frozen=True)
class Wish:
    """One file and the names it may have on the root, the best first; it may keep one of them."""

    file: EntryFile
    root: str
    names: Sequence[str]

    @property
    def is_met(self) -> bool:
        """The file has one of these names already."""
        return self.file.root == self.root and self.file.path in self.names


def original_wish(
    entry: Entry,
    original: EntryFile,
    library: Library,
    subfolder: str | None = None,
    name: str = "",
) -> Wish:
    """Names for the original in this library (see stored_place)."""
    place = stored_place(entry, original, library, subfolder, name)
    return Wish(original, library.root, original_names(library, place, entry.uuid))


def companion_wish(file: EntryFile, library: Library, entry: Entry, original: str) -> Wish:
    """Names for another file of the entry, once the original's stored path is known.

    Subtitles stand beside the original and are named after it. What was made from it keeps its name
    and follows to the library's root.
    """
    if file.role == FileRole.SUBTITLE:
        names = subtitle_names(
            original.rpartition(".")[0],
            language=file.language,
            is_automatic=file.is_automatic,
            ending=ending_of(file.format),
        )
        return Wish(file, library.root, names)
    other = files.derived_path(entry.uuid, f"{file.role}-{file.uuid}.{ending_of(file.format)}")
    return Wish(file, library.root, (file.path, other))


def ending_of(format: str) -> str:
    """A safe file ending from a format."""
    return "".join(char for char in format.lower() if char.isalnum())[:10] or "bin"
