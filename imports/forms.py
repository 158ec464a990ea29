"""What people type into the import page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imports.given import Given
from imports.work import MODES
from library.models import Library
from library.queries import editable_libraries_for
from videorama.accounts.models import User


class PreviewForm(forms.Form):
    """The address to look at. What makes an address good is for services to say."""

    url = forms.CharField(
        label=_("Address of a video or audio page"),
        max_length=4000,
        error_messages={
            "required": _("Paste the address of a video or audio page."),
            "max_length": _("This address is too long."),
        },
    )

    @property
    def is_auto(self) -> bool:
        """Filed by itself when that is sure; on unless the switch was shown and put off."""
        return "auto_shown" not in self.data or bool(self.data.get("auto_mode"))


class ImportForm(PreviewForm):
    """The address and how it shall be imported. An empty library means: find the right one."""

    format = forms.CharField(required=False, max_length=100)
    library = forms.ModelChoiceField(
        queryset=Library.objects.none(),
        to_field_name="slug",
        required=False,
        error_messages={"invalid_choice": _("Choose a library that you may add to.")},
    )
    force = forms.BooleanField(required=False)

    def offer(self, user: User) -> None:
        """Narrows the libraries to those this user may add to."""
        field = self.fields["library"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = editable_libraries_for(user)


class ReviewForm(forms.Form):
    """What a person decides about an item of the inbox."""

    library = forms.ModelChoiceField(
        queryset=Library.objects.none(),
        to_field_name="slug",
        required=False,
        error_messages={"invalid_choice": _("Choose a library that you may add to.")},
    )
    other = forms.ModelChoiceField(
        queryset=Library.objects.none(),
        to_field_name="slug",
        required=False,
        error_messages={"invalid_choice": _("Choose a library that you may add to.")},
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=500,
        error_messages={"required": _("A title has 1 to 500 characters.")},
    )
    subfolder = forms.CharField(label=_("Folder"), max_length=300, required=False)
    tags = forms.CharField(label=_("Tags"), max_length=5_000, required=False)
    properties = forms.CharField(
        label=_("Properties"), max_length=20_000, required=False, widget=forms.Textarea
    )
    language = forms.CharField(label=_("Language"), max_length=35, required=False)

    def __init__(self, *args: Any, user: User, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("library", "other"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = editable_libraries_for(user)

    def clean(self) -> dict[str, Any]:
        """The list of all libraries counts when something is chosen there."""
        found = super().clean() or {}
        if found.get("other"):
            found["library"] = found["other"]
        return found

    def clean_properties(self) -> dict[str, str]:
        """Lines of "name: value"."""
        found = {}
        for line in self.cleaned_data["properties"].splitlines():
            if not line.strip():
                continue
            key, colon, value = line.partition(":")
            if not colon or not key.strip():
                raise forms.ValidationError(_("Write each property as “name: value”."))
            found[key.strip()] = value.strip()
        return found

    def given(self) -> Given:
        """What was typed, for services."""
        said = self.cleaned_data
        return Given(
            title=said["title"],
            subfolder=said["subfolder"] or None,
            tags=tuple(tag.strip() for tag in said["tags"].split(",") if tag.strip()),
            properties=said["properties"],
            language=said["language"],
        )


class ApproveAllForm(forms.Form):
    """From which confidence on, in percent."""

    threshold = forms.IntegerField(min_value=1, max_value=100)


class RuleForm(forms.Form):
    """A rule as a person writes it."""

    uploader = forms.CharField(label=_("Channel or uploader"), max_length=300, required=False)
    keyword = forms.CharField(label=_("Word in the title"), max_length=100, required=False)
    tag = forms.CharField(label=_("Tag"), max_length=100, required=False)
    platform = forms.CharField(label=_("Site"), max_length=100, required=False)
    media_kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", _("Any")), ("video", _("Video")), ("audio", _("Audio"))],
    )
    band = forms.ChoiceField(
        label=_("Length"),
        required=False,
        choices=[
            ("", _("Any")),
            ("short", _("Under 4 minutes")),
            ("medium", _("4 to 20 minutes")),
            ("long", _("Over 20 minutes")),
        ],
    )
    library = forms.ModelChoiceField(
        label=_("Library"),
        empty_label=_("Choose a library"),
        queryset=Library.objects.none(),
        to_field_name="slug",
        error_messages={
            "required": _("Choose the library it goes to."),
            "invalid_choice": _("Choose a library that you may add to."),
        },
    )
    subfolder = forms.CharField(label=_("Folder"), max_length=300, required=False)
    tags = forms.CharField(label=_("Tags to add"), max_length=1_000, required=False)
    for_all = forms.BooleanField(label=_("For everybody"), required=False)

    def __init__(self, *args: Any, user: User, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["library"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = editable_libraries_for(user)

    def conditions(self) -> dict[str, str]:
        """The given conditions."""
        names = ("uploader", "keyword", "tag", "platform", "media_kind", "band")
        return {name: self.cleaned_data.get(name) or "" for name in names}


class FolderForm(forms.Form):
    """How a folder of this server shall be read in."""

    root = forms.CharField(max_length=30)
    path = forms.CharField(required=False, max_length=1000)
    library = forms.ModelChoiceField(
        queryset=Library.objects.none(),
        to_field_name="slug",
        error_messages={
            "required": _("Choose a library."),
            "invalid_choice": _("Choose a library that you may add to."),
        },
    )
    mode = forms.ChoiceField(
        choices=[(mode, mode) for mode in MODES],
        initial="copy",
        error_messages={"invalid_choice": _("This way to bring files in is not known.")},
    )
    recursive = forms.BooleanField(required=False)
    extensions = forms.CharField(
        label=_("File endings"),
        max_length=300,
        error_messages={"required": _("Name at least one file ending.")},
    )

    def offer(self, user: User) -> None:
        """Narrows the libraries to those this user may add to."""
        field = self.fields["library"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = editable_libraries_for(user)
