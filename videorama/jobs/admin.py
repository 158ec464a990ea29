"""Repair desk for jobs: to look at, to cancel and to try again."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from videorama.accounts.auth import caller
from videorama.errors import Conflict
from videorama.jobs import services
from videorama.jobs.models import Job, JobLog

if TYPE_CHECKING:  # These classes take no parameters while running.
    JobDesk = admin.ModelAdmin[Job]
    LineDesk = admin.TabularInline[JobLog, Job]
else:
    JobDesk, LineDesk = admin.ModelAdmin, admin.TabularInline


class _Lines(LineDesk):
    model = JobLog
    extra = 0
    can_delete = False
    fields = readonly_fields = ("seq", "created_at", "level", "stage", "message")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(JobDesk):
    """Only services change a job, so nothing is edited here."""

    list_display = ("title", "kind", "status", "stage", "progress", "owner", "created_at")
    list_filter = ("status", "kind", "queue")
    list_select_related = ("owner",)
    search_fields = ("title", "uuid", "error_code", "owner__username")
    date_hierarchy = "created_at"
    inlines = (_Lines,)
    actions = ("cancel", "try_again")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Cancel the selected jobs"), permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Those that are open."""
        self._each(request, queryset, services.request_cancel)

    @admin.action(description=_("Try the selected jobs again"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Those that failed, were cancelled or are partly done."""
        self._each(request, queryset, services.retry)

    def _each(self, request: HttpRequest, queryset: QuerySet[Job], verb: Any) -> None:
        done = 0
        for job in queryset:
            try:
                verb(job=job, user=caller(request))
            except Conflict as error:
                self.message_user(request, f"{job.title}: {error.message}", messages.WARNING)
            else:
                done += 1
        if done:
            text = ngettext("%(count)d job was told.", "%(count)d jobs were told.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)
