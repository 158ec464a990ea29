"""What people type into the import page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from library.models import Library
from videorama.adapters.ytdlp import PRESETS


class PreviewForm(forms.Form):
    """The address to look at."""

    url = forms.CharField(
        label=_("Address of a video or audio page"),
        max_length=4000,
        error_messages={
            "required": _("Paste the address of a video or audio page."),
            "max_length": _("This address is too long."),
        },
    )
    auto_mode = forms.BooleanField(required=False)


class ImportForm(PreviewForm):
    """The address and how it shall be imported. An empty library means: find the right one."""

    format = forms.ChoiceField(
        required=False,
        choices=[("", ""), *((name, name) for name in PRESETS)],
        error_messages={"invalid_choice": _("Choose one of the formats.")},
    )
    library = forms.ModelChoiceField(
        queryset=Library.objects.none(),
        to_field_name="slug",
        required=False,
        error_messages={"invalid_choice": _("Choose a library that you may add to.")},
    )
    force = forms.BooleanField(required=False)

    def __init__(self, *args: Any, libraries: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["library"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = libraries
