"""What a path template makes of real entries, to be seen while it is typed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from library import files, naming, paths
from library.models import FileRole, Library
from library.queries.entries import EntryFilters, entry_page
from videorama.accounts.models import User

EXAMPLES = 3


@dataclass(frozen=True)
class TemplateExample:
    """An entry and its path below the library's folder."""

    title: str
    path: str


@dataclass(frozen=True)
class TemplateTrial:
    """The examples of a template. `is_made_up`: there is no entry yet, so they are invented."""

    examples: list[TemplateExample]
    is_made_up: bool


def try_template(user: User, template: str, library: Library | None = None) -> TemplateTrial:
    """What the template makes of the newest entries: of the library, or of all the user sees.

    Raises BadTemplate with a sentence that names the fault.
    """
    shelf = Library(
        folder=library.folder if library else "library",
        root=library.root if library else files.default_root(),
        path_template=paths.check_template(template),
        auto_organize=True,
    )
    page = entry_page(user, EntryFilters(library=library), limit=EXAMPLES, counted=False)
    entries = page.items
    if not entries and library is not None:
        entries = entry_page(user, EntryFilters(), limit=EXAMPLES, counted=False).items
    found = []
    for entry in entries:
        original = next((one for one in entry.files.all() if one.role == FileRole.ORIGINAL), None)
        if original is not None:
            place = naming.place_by_template(
                shelf, naming.described(entry, original), ext=original.format
            )
            found.append(TemplateExample(entry.title, place.numbered("")))
    if found:
        return TemplateTrial(found, is_made_up=False)
    made_up = [
        (about, naming.place_by_template(shelf, about, ext=ext)) for about, ext in _made_up()
    ]
    return TemplateTrial(
        [TemplateExample(about.title, place.numbered("")) for about, place in made_up],
        is_made_up=True,
    )


def _made_up() -> list[tuple[naming.Described, str]]:
    """A film, a song of an album, an episode; for a server without entries."""
    day = datetime(2026, 3, 14, tzinfo=UTC)

    def about(title: str, uploader: str, height: int | None, **properties: str) -> naming.Described:
        return naming.Described(
            uuid=UUID(int=0),
            title=title,
            uploader=uploader,
            platform="Vimeo",
            language="en",
            height=height,
            moment=day,
            properties=properties,
        )

    return [
        (about(_("A walk through the harbour"), _("Harbour films"), 1080), "mp4"),
        (
            about(
                _("Low tide"),
                _("The Ferrymen"),
                None,
                artist=_("The Ferrymen"),
                album=_("Shorelines"),
                track_number="3/9",
                genre="Folk",
            ),
            "mp3",
        ),
        (
            about(
                _("The lighthouse"),
                _("Coast TV"),
                720,
                show_title=_("By the sea"),
                season="1",
                episode="4",
                episode_title=_("The lighthouse"),
            ),
            "mkv",
        ),
    ]
