"""What a person wants to hear of, and how."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics import queries
from analytics.models import NotificationKind
from analytics.queries import Choice
from videorama.accounts.models import User


class ChoicesForm(forms.Form):
    """Two switches for each kind, `bell_<kind>` and `mail_<kind>`, and the address."""

    email = forms.CharField(label=_("E-mail address"), required=False, max_length=254)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        # The form stands beside others on the account page.
        super().__init__(data, initial=initial, auto_id="notify-%s")
        for kind in NotificationKind:
            self.fields[f"bell_{kind}"] = forms.BooleanField(required=False)
            self.fields[f"mail_{kind}"] = forms.BooleanField(required=False)
        self.fields["email"].widget.attrs.update(autocomplete="email", inputmode="email")

    def chosen(self) -> list[Choice]:
        """What was switched on."""
        given = self.cleaned_data
        return [
            Choice(kind, in_bell=given[f"bell_{kind}"], by_email=given[f"mail_{kind}"])
            for kind in NotificationKind
        ]


def choices_context(user: User, form: ChoicesForm | None = None) -> dict[str, Any]:
    """The form and what is chosen: as sent when it comes back, else as stored."""
    return {
        "form": form or ChoicesForm(initial={"email": user.email}),
        "kinds": form.chosen() if form else queries.choices_of(user),
        "mail_is_set_up": queries.mail_is_set_up(),
    }
