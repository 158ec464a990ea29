"""What people type into the library pages."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from library.models import Entry, Library, MediaKind

# Words that stand beside the slug in /libraries/<slug>/.
RESERVED_SLUGS = frozenset({"new"})


class FilterForm(forms.Form):
    """The filter bar. Every field may be missing; a value nobody offers is ignored."""

    SORTS = (("newest", _("Recently added")), ("title", _("Title")), ("longest", _("Longest first")))

    kind = forms.MultipleChoiceField(choices=MediaKind.choices, required=False)
    unwatched = forms.BooleanField(required=False)
    favorites = forms.BooleanField(required=False)
    sort = forms.ChoiceField(choices=SORTS, required=False)
    q = forms.CharField(required=False, max_length=200)
    after = forms.CharField(required=False, max_length=400)

    def chosen(self) -> dict[str, Any]:
        """The valid values; an address with a wrong one still shows the page."""
        self.is_valid()
        given = self.cleaned_data
        return {
            "kinds": tuple(given.get("kind", ())),
            "unwatched": bool(given.get("unwatched")),
            "favorites": bool(given.get("favorites")),
            "sort": given.get("sort") or "newest",
            "text": given.get("q", "").strip(),
            "after": given.get("after") or None,
        }


class EntryForm(forms.ModelForm[Entry]):
    """Title and description, as a person wants them."""

    title = forms.CharField(label=_("Title"), max_length=500)
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    class Meta:
        model = Entry
        fields = ["title", "description"]


class RemovalForm(forms.Form):
    """How much of an entry goes: its row alone, or its files into the trash as well."""

    ROW, FILES = "row", "files"

    remove = forms.ChoiceField(
        choices=((ROW, _("Remove from the library")), (FILES, _("Remove with its files"))),
        error_messages={"required": _("Choose what to remove.")},
    )
    confirmed = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Files go only after a second, separate yes."""
        given = super().clean() or {}
        if given.get("remove") == self.FILES and not given.get("confirmed"):
            self.add_error("confirmed", _("Tick the box to confirm that the files go too."))
        return given

    @property
    def with_files(self) -> bool:
        """The person chose to move the files into the trash."""
        return bool(self.cleaned_data["remove"] == self.FILES)


class StateForm(forms.Form):
    """One person's own marks on an entry; fields that were not sent stay as they are."""

    favorite = forms.NullBooleanField(required=False)
    watched = forms.NullBooleanField(required=False)
    rating = forms.IntegerField(required=False, min_value=0, max_value=5)
    position_s = forms.FloatField(required=False, min_value=0)

    def changes(self) -> dict[str, Any]:
        """Only what was sent."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


class LibraryForm(forms.ModelForm[Library]):
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

    def clean(self) -> dict[str, Any]:
        """Fills the id from the name, and refuses ids that would hide a page."""
        given = super().clean() or {}
        slug = given.get("slug") or slugify(given.get("name", ""))[:50].strip("-")
        if "slug" not in self.errors and "name" not in self.errors:
            if not slug:
                self.add_error("slug", _("Give an id of lower-case letters, digits, _ and -."))
            elif slug in RESERVED_SLUGS:
                self.add_error("slug", _("This id is needed for a page. Choose another one."))
        given["slug"] = slug
        self.instance.slug = slug
        return given
