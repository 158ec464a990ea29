"""Input of sign-in, first run and the account page."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy as _

from videorama.accounts.models import Density, Role, User
from videorama.accounts.services import PASSWORD_LENGTH

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# As MinimumLengthValidator demands it.
LENGTH_HINT = _("At least 8 characters.")


class PasswordField(forms.CharField):
    """A password as typed; never sent back to the browser."""

    def __init__(
        self, *, label: "StrOrPromise", is_new: bool = False, hint: "StrOrPromise" = ""
    ) -> None:
        kind = "new-password" if is_new else "current-password"
        super().__init__(
            label=label,
            strip=False,
            max_length=PASSWORD_LENGTH if is_new else None,
            help_text=hint,
            widget=forms.PasswordInput(attrs={"autocomplete": kind}),
        )


class LoginForm(forms.Form):
    """Who is it; the view says whether it is right."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = PasswordField(label=_("Password"))


class ChosenPasswordForm(forms.Form):
    """A password chosen for the first time, or anew by a link."""

    password = PasswordField(label=_("Password"), is_new=True, hint=LENGTH_HINT)
    password_again = PasswordField(label=_("Password again"), is_new=True)

    def clean_password_again(self) -> str:
        """Typed twice the same."""
        return _same(self, "password", "password_again")


class NewAccountForm(ChosenPasswordForm):
    """A name and a password of one's own choice."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    field_order = ("username",)


class SetupForm(NewAccountForm):
    """The first account and the first library."""

    library_name = forms.CharField(label=_("Name of the first library"), max_length=100)


class PasswordForm(forms.Form):
    """A new password for somebody who knows the current one."""

    current_password = PasswordField(label=_("Current password"))
    new_password = PasswordField(label=_("New password"), is_new=True, hint=LENGTH_HINT)
    new_password_again = PasswordField(label=_("New password again"), is_new=True)

    def clean_new_password_again(self) -> str:
        """Typed twice the same."""
        return _same(self, "new_password", "new_password_again")


class ProfileForm(forms.Form):
    """How one's own pages look."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser asks")), *settings.LANGUAGES],
    )
    density = forms.ChoiceField(label=_("Density"), choices=Density.choices)

    @staticmethod
    def of(user: User) -> dict[str, Any]:
        """What it shows at first."""
        return {"language": user.language, "density": user.density}


class InviteForm(forms.Form):
    """Whom an invitation is for, and what they may do."""

    label = forms.CharField(
        label=_("For whom"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class TokenForm(forms.Form):
    """What a new API token is for."""

    name = forms.CharField(
        label=_("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


def _same(form: forms.Form, first: str, second: str) -> str:
    again = str(form.cleaned_data[second])
    if form.cleaned_data.get(first) not in (None, again):
        raise forms.ValidationError(_("The two passwords are not the same."), code="mismatch")
    return again
