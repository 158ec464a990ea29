"""What the card of an import says, from its job row."""

from django import template
from django.utils.translation import gettext as _

from imports import thumbnails
from videorama.jobs import kinds
from videorama.jobs.models import Job, JobStatus

register = template.Library()


@register.filter
def own_address(url: str) -> str:
    """A picture's address under our own roof: pages load nothing from foreign hosts."""
    return thumbnails.address_of(url)


@register.filter
def card_stage(job: Job) -> str:
    """One line about how far it is: Downloading · 17 %."""
    if job.is_cancelling:
        return _("Stopping")
    if job.status == JobStatus.RETRYING:
        return _("Waiting to try again")
    if job.status != JobStatus.RUNNING:
        return _("Queued")
    kind = kinds.get(job.kind).worded(job.params)
    stages = {stage.name: str(stage.label) for stage in kind.stages}
    label = stages.get(job.stage) or _("Starting")
    return _("%(stage)s · %(percent)s %%") % {"stage": label, "percent": int(job.progress)}
