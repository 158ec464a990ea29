"""What people type into the library pages."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from library.models import Entry, Library, MediaKind
from library.queries import EntryFilters
from library.services import version_of


def tag_names(texts: Iterable[str]) -> list[str]:
    """Tags as people type them: separated by commas or lines."""
    return [name for text in texts for name in re.split(r"[,\n]", text) if name.strip()]


class FilterForm(forms.Form):
    """The filter bar. Every field may be missing; a value nobody offers is ignored."""

    SORTS = (
        ("newest", _("Recently added")),
        ("title", _("Title")),
        ("longest", _("Longest first")),
    )

    kind = forms.MultipleChoiceField(choices=MediaKind.choices, required=False)
    unwatched = forms.BooleanField(required=False)
    favorites = forms.BooleanField(required=False)
    sort = forms.ChoiceField(choices=SORTS, required=False)
    q = forms.CharField(required=False, max_length=200)
    tag = forms.CharField(required=False, max_length=100)
    after = forms.CharField(required=False, max_length=1000)

    def filters(self, library: Library | None) -> EntryFilters:
        """The valid values; an address with a wrong one still shows the page."""
        self.is_valid()
        given = self.cleaned_data
        return EntryFilters(
            library=library,
            text=given.get("q", ""),
            tag=given.get("tag", ""),
            kinds=tuple(given.get("kind", ())),
            favorites=True if given.get("favorites") else None,
            unwatched=bool(given.get("unwatched")),
            sort=given.get("sort") or "newest",
        )

    @property
    def after_cursor(self) -> str | None:
        """Where the page before this one ended."""
        return self.cleaned_data.get("after") or None


class EntryForm(forms.Form):
    """What a person says about an entry. A field that was not sent stays as it is.

    Properties come as pairs of `property-key` and `property-value`; an empty value, or a key that
    does not come any more, takes one off.
    """

    title = forms.CharField(label=_("Title"), max_length=500)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=50_000, widget=forms.Textarea
    )
    uploader = forms.CharField(label=_("Uploader"), required=False, max_length=300)
    language = forms.CharField(label=_("Language"), required=False, max_length=35)
    published = forms.DateField(label=_("Published"), required=False)
    tags = forms.CharField(label=_("Tags"), required=False)
    version = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    @classmethod
    def of(cls, entry: Entry) -> "EntryForm":
        """The form as the entry is now."""
        published = entry.published_at
        return cls(
            initial={
                "title": entry.title,
                "description": entry.description,
                "uploader": entry.uploader,
                "language": entry.language,
                "published": timezone.localtime(published).date().isoformat() if published else "",
                "tags": ", ".join(link.tag.name for link in entry.shown_tags),
                "version": version_of(entry),
            }
        )

    def changes(self, entry: Entry) -> dict[str, Any]:
        """What was sent, as services.edit_entry takes it."""
        sent = {name: self.cleaned_data[name] for name in self.fields if name in self.data}
        words = ("title", "description", "uploader", "language")
        changes: dict[str, Any] = {name: sent[name] for name in words if name in sent}
        changes["version"] = sent.get("version", "")
        if "tags" in sent:
            changes["tags"] = tag_names([sent["tags"]])
        if "published" in sent:
            changes["published_at"] = self._published(entry, sent["published"])
        if "property-key" in self.data:
            changes["properties"] = self._properties(entry)
        return changes

    @staticmethod
    def _published(entry: Entry, day: date | None) -> datetime | None:
        """Midnight of another day; the same day keeps its hour."""
        was = entry.published_at
        if day is None or (was is not None and timezone.localtime(was).date() == day):
            return was if day else None
        return timezone.make_aware(datetime.combine(day, time.min))

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The pairs as they were sent."""
        data: Any = self.data
        keys, values = data.getlist("property-key"), data.getlist("property-value")
        return [(key.strip(), value) for key, value in zip(keys, values, strict=False)]

    def _properties(self, entry: Entry) -> dict[str, str | None]:
        sent = {key: value.strip() for key, value in self.rows if key}
        kept: dict[str, str | None] = {key: value for key, value in sent.items() if value}
        gone = [one.key for one in entry.properties.all() if one.key not in kept]
        return kept | dict.fromkeys(gone)


class MoveForm(forms.Form):
    """Where an entry goes."""

    library = forms.CharField(label=_("Library"), max_length=50)
    subfolder = forms.CharField(label=_("Folder"), required=False, max_length=500)


class SubtitleForm(forms.Form):
    """Subtitles a person brings."""

    file = forms.FileField(label=_("File"))
    language = forms.CharField(label=_("Language"), required=False, max_length=35)
    label = forms.CharField(label=_("Name"), required=False, max_length=100)


class PictureForm(forms.Form):
    """A picture of the person's own, or a moment of the media."""

    LIMIT = 20 * 2**20

    file = forms.FileField(label=_("Picture"), required=False)
    at_s = forms.FloatField(required=False, min_value=0, max_value=9e6)

    def clean(self) -> dict[str, Any]:
        """One of the two, and no more bytes than a picture has."""
        given = super().clean() or {}
        file = given.get("file")
        if file is None and given.get("at_s") is None and not self.errors:
            self.add_error("file", _("Choose a picture."))
        if file is not None and file.size > self.LIMIT:
            self.add_error("file", _("A picture has at most 20 MB."))
        return given


class RemovalForm(forms.Form):
    """How much of an entry goes: its row alone, or its files into the trash as well."""

    ROW, FILES = "row", "files"

    # Not "remove": a field of that name hides the method of the form element in browsers.
    what = forms.ChoiceField(
        label=_("What to remove"),
        choices=((ROW, _("Remove from the library")), (FILES, _("Remove with its files"))),
        error_messages={"required": _("Choose what to remove.")},
    )
    confirmed = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Files go only after a second, separate yes."""
        given = super().clean() or {}
        if given.get("what") == self.FILES and not given.get("confirmed"):
            self.add_error("confirmed", _("Tick the box to confirm that the files go too."))
        return given

    @property
    def with_files(self) -> bool:
        """The person chose to move the files into the trash."""
        return bool(self.cleaned_data["what"] == self.FILES)


class StateForm(forms.Form):
    """One person's own marks on an entry; what was not sent stays as it is."""

    favorite = forms.NullBooleanField(required=False)
    watched = forms.NullBooleanField(required=False)
    rating = forms.IntegerField(required=False, min_value=0, max_value=5)
    played = forms.BooleanField(required=False)
    position_s = forms.FloatField(required=False, min_value=0, max_value=9e6)
