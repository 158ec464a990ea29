"""What templates ask of an entry that came from `queries.with_details`."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from django import template

from library import queries
from library.models import Entry, EntryFile, EntryState, FileRole
from library.player import language_name

register = template.Library()
register.filter("language_name", language_name)


@register.filter
def state(entry: Entry) -> EntryState:
    """What the asker keeps about the entry; an empty state when that is nothing."""
    kept: list[EntryState] = getattr(entry, "own_states", [])
    return kept[0] if kept else EntryState()


@register.filter
def thumbnail(entry: Entry) -> str:
    """Address of the poster; empty when the entry has none."""
    poster = queries.file_of(entry, FileRole.POSTER)
    # Browsers keep it for an hour; another picture has another address.
    return f"{queries.media_url(entry, 'thumbnail')}?v={poster.sha256[:8]}" if poster else ""


@register.filter
def media(entry: Entry, what: str) -> str:
    """Address of something of the entry's: download, stream, files/<id>."""
    return queries.media_url(entry, what)


@register.filter
def file_name(file: EntryFile) -> str:
    """What the file is called in its folder."""
    return PurePosixPath(file.path).name


@register.filter
def file_kind(file: EntryFile) -> str:
    """What the file is to the entry: Original, 1080p; Subtitles, English."""
    facts = [str(file.get_role_display())]
    if file.height:
        facts.append(f"{file.height}p")
    if file.language:
        facts.append(language_name(file.language))
    if file.label:
        facts.append(file.label)
    return ", ".join(facts)


@register.filter
def file_address(file: EntryFile, entry: Entry) -> str:
    """Where the file can be downloaded; the original under the name of its entry."""
    is_original = file.role == FileRole.ORIGINAL
    return queries.media_url(entry, "download" if is_original else f"files/{file.uuid}")


@register.filter
def source_link(entry: Entry) -> str:
    """The address the entry came from, if it is one a browser may open."""
    url = entry.original_url
    return url if url.startswith(("http://", "https://")) else ""


@register.filter
def host(url: str) -> str:
    """The site of an address, without the www nobody says."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
