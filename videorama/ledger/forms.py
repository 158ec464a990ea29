"""The filter of the list of facts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from videorama.ledger import words
from videorama.ledger.models import Severity
from videorama.ledger.queries import Which


class FactFilter(forms.Form):
    """Every field may be missing; a value that does not fit is ignored."""

    q = forms.CharField(
        label=_("Number, id or event"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "class": "input is-small"}),
    )
    event = forms.ChoiceField(
        label=_("Event"),
        required=False,
        widget=forms.Select(attrs={"class": "select is-inline is-small"}),
    )
    person = forms.CharField(
        label=_("Who"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"class": "input is-small", "autocomplete": "off"}),
    )
    severity = forms.ChoiceField(
        label=_("Severity"),
        required=False,
        choices=[("", _("Every severity")), *Severity.choices],
        widget=forms.Select(attrs={"class": "select is-inline is-small"}),
    )
    since = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(
            attrs={"type": "date", "class": "input is-small"}, format="%Y-%m-%d"
        ),
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(
            attrs={"type": "date", "class": "input is-small"}, format="%Y-%m-%d"
        ),
    )
    after = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput())

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        choices = [(name, name) for name in words.events()]
        self.fields["event"].choices = [("", _("Every event")), *choices]  # type: ignore[attr-defined]

    def which(self) -> Which:
        """The valid values."""
        self.is_valid()
        given = self.cleaned_data
        return Which(
            text=given.get("q", ""),
            event=given.get("event", ""),
            person=given.get("person", ""),
            severity=given.get("severity", ""),
            since=given.get("since"),
            until=given.get("until"),
        )
