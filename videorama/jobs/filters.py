"""Which jobs of the list to show: by status, kind, words and days."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from videorama.jobs import kinds
from videorama.jobs.models import Job, JobStatus


class JobFilters(forms.Form):
    """What the address of the list asks for. A field that cannot be read filters nothing."""

    q = forms.CharField(label=_("Title or job number"), required=False, max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    since = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Write the day as 2026-01-31.")},
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Write the day as 2026-01-31.")},
    )

    def __init__(self, given: Any) -> None:
        super().__init__(given, auto_id="filter-%s")
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        known = [(name, kinds.get(name).label) for name in kinds.names()]
        field.choices = [("", _("Every kind")), *known]
        wanted = given.get("status", "")
        self.status = wanted if wanted in JobStatus.values else ""
        self.full_clean()

    @property
    def is_on(self) -> bool:
        """Something is left out."""
        return bool(self.status or any(self.cleaned_data.values()))

    def but_status(self, jobs: QuerySet[Job]) -> QuerySet[Job]:
        """Those that fit everything but the status, which has counts of its own."""
        asked = self.cleaned_data
        if words := asked.get("q"):
            number = words.removeprefix("#").lower()
            jobs = jobs.filter(Q(title__icontains=words) | Q(uuid__istartswith=number))
        if asked.get("kind"):
            jobs = jobs.filter(kind=asked["kind"])
        if asked.get("since"):
            jobs = jobs.filter(created_at__date__gte=asked["since"])
        if asked.get("until"):
            jobs = jobs.filter(created_at__date__lte=asked["until"])
        return jobs

    def address(self, *, status: str | None = None, after: str | None = None) -> str:
        """The list with these filters, another status, or further on."""
        given = {name: self.data.get(name, "") for name in self.fields if name in self.cleaned_data}
        given |= {"status": self.status if status is None else status, "after": after or ""}
        query = urlencode({name: value for name, value in given.items() if value})
        return reverse("jobs:job_list") + (f"?{query}" if query else "")
