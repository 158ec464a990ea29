"""App name, the bell of the frame, and the ear for ends of jobs."""

from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    """The room analytics."""

    name = "analytics"
    label = "analytics"

    def ready(self) -> None:
        """Provides `shell.bell` and `shell.notification_choices`, draws the bell over sockets,
        and listens for the end of jobs and for decisions."""
        from analytics import preferences
        from imports.services import on_change
        from videorama import pages
        from videorama.jobs import parts
        from videorama.jobs.kinds import Kind, register
        from videorama.jobs.models import Queue
        from videorama.jobs.signals import job_finished
        from videorama.preferences import registry

        registry.register_section(preferences.SECTION)
        registry.register(*preferences.PREFERENCES)
        register(Kind(name="mail", label=_("Mail"), task="analytics.send_mail", queue=Queue.QUICK))
        registry.register_test("mail", _("Send a mail to me"), _try_mail)
        pages.provide("bell", _bell)
        pages.provide("notification_choices", _choices)
        parts.register("bell", _drawn_bell)
        job_finished.connect(_tell, dispatch_uid="analytics.tell")
        on_change(_decided)


def _try_mail(user: Any) -> str:
    from analytics import mailing

    return mailing.send_trial(user)


def _tell(sender: object, job_id: int, **more: Any) -> None:
    from analytics import services

    services.tell(job_id=job_id)


def _decided(item: Any) -> None:
    from analytics import services

    services.settle_decided(item=item)


def _bell(request: HttpRequest) -> dict[str, Any]:
    from analytics import queries

    user: Any = request.user
    return queries.bell(user)


def _choices(request: HttpRequest) -> dict[str, Any]:
    """The form that stands on the account page."""
    from analytics.forms import choices_context

    user: Any = request.user
    return choices_context(user)


def _drawn_bell(user: Any) -> list[str]:
    """The bell and its list as one message."""
    from django.template.loader import render_to_string

    from analytics import queries

    return [render_to_string("analytics/_bell.html", {"oob": True, **queries.bell(user)}).strip()]
