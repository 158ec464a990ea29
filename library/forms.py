"""What people type into the library pages."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from library.models import Entry, Library, MediaKind
from library.queries import EntryFilters


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


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]  # Takes none while running.
    """Title and description, as a person wants them."""

    title = forms.CharField(label=_("Title"), max_length=500)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=50_000, widget=forms.Textarea
    )

    class Meta:
        model = Entry
        fields = ["title", "description"]


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


class LibraryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new library: a name is enough, the id follows from it."""

    slug = forms.CharField(
        label=_("Id"),
        required=False,
        max_length=50,
        help_text=_("Stands in addresses and names the folder. Left empty, it follows the name."),
    )

    class Meta:
        model = Library
        fields = ["name", "slug", "is_private"]

    def clean_slug(self) -> str:
        """The id as typed, or made from the name."""
        slug = str(self.cleaned_data.get("slug") or "")
        if not slug:
            slug = slugify(str(self.cleaned_data.get("name") or ""))[:50].strip("-_")
            if not slug and "name" in self.cleaned_data:
                raise forms.ValidationError(
                    _("No id follows from this name. Give one of lower-case letters and digits.")
                )
        return slug
