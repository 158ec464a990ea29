"""What people type into the import page."""

from django import forms
from django.utils.translation import gettext_lazy as _

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
