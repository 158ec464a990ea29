"""What people type about a library itself."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from library.models import Library, MemberRole
from library.paths import DEFAULT_TEMPLATE

ICONS = {
    "📁": _("Folder"),
    "🎬": _("Film"),
    "📺": _("Television"),
    "🎵": _("Music"),
    "🎙️": _("Microphone"),
    "🎓": _("Learning"),
    "🎮": _("Games"),
    "🏡": _("Home"),
    "✈️": _("Travel"),
    "⭐": _("Star"),
}
DEFAULT_ICON = "📁"
OTHER_ICON = "other"
_DEFAULT_CONFIDENCE = 70


class LibrarySettingsForm(forms.Form):
    """Everything about a library that its editors may change."""

    name = forms.CharField(label=_("Name"), max_length=100)
    description = forms.CharField(
        label=_("Description"), max_length=500, required=False, widget=forms.Textarea
    )
    icon = forms.ChoiceField(
        label=_("Symbol"),
        choices=[(one, one) for one in (*ICONS, OTHER_ICON)],
        required=False,
    )
    icon_other = forms.CharField(label=_("Another symbol"), max_length=16, required=False)
    is_private = forms.BooleanField(label=_("Private"), required=False)
    path_template = forms.CharField(label=_("Path template"), max_length=300, required=False)
    auto_organize = forms.BooleanField(label=_("Organise files by the template"), required=False)
    auto_tag_from_path = forms.BooleanField(label=_("Tag by folder"), required=False)
    confidence = forms.IntegerField(
        label=_("Threshold for automatic filing"), min_value=0, max_value=100, required=False
    )

    @staticmethod
    def initial_of(library: Library) -> dict[str, Any]:
        """The library as the form shows it."""
        is_known = library.icon in ICONS
        return {
            "name": library.name,
            "description": library.description,
            "icon": library.icon if is_known else OTHER_ICON,
            "icon_other": "" if is_known else library.icon,
            "is_private": library.is_private,
            "path_template": library.path_template,
            "auto_organize": library.auto_organize,
            "auto_tag_from_path": library.auto_tag_from_path,
            "confidence": round(library.confidence_threshold * 100),
        }

    def settings(self) -> dict[str, Any]:
        """The checked values, as services take them. What the page did not show keeps its start."""
        given = self.cleaned_data
        icon = given["icon_other"] if given["icon"] == OTHER_ICON else given["icon"]
        confidence = given["confidence"]
        return {
            "name": given["name"],
            "description": given["description"],
            "icon": icon.strip() or DEFAULT_ICON,
            "is_private": given["is_private"],
            "path_template": given["path_template"] or DEFAULT_TEMPLATE,
            "auto_organize": given["auto_organize"] or "path_template" not in self.data,
            "auto_tag_from_path": given["auto_tag_from_path"],
            "confidence_threshold": (_DEFAULT_CONFIDENCE if confidence is None else confidence)
            / 100,
        }


class NewLibraryForm(LibrarySettingsForm):
    """A new library: a name is enough, the id follows from it."""

    slug = forms.CharField(
        label=_("Id"),
        required=False,
        max_length=50,
        help_text=_("Stands in addresses and names the folder. Left empty, it follows the name."),
    )
    root = forms.CharField(required=False, max_length=30)
    folder = forms.CharField(
        label=_("Folder"),
        required=False,
        max_length=500,
        help_text=_("Inside the storage. Left empty, the folder is called like the id."),
    )

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


class FolderForm(forms.Form):
    """Another folder for a library."""

    root = forms.CharField(required=False, max_length=30)
    folder = forms.CharField(label=_("Folder"), max_length=500)


class MemberForm(forms.Form):
    """Somebody's place in a library."""

    username = forms.CharField(label=_("User name"), max_length=150)
    role = forms.ChoiceField(label=_("May"), choices=MemberRole.choices, initial=MemberRole.VIEWER)


class PersonForm(forms.Form):
    """One person."""

    username = forms.CharField(label=_("User name"), max_length=150)
