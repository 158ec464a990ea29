"""Tells sockets that a job changed. The message is only the id; whoever gets it reads the row."""

from functools import partial

from channels.layers import get_channel_layer
from django.db import transaction

from videorama.accounts.models import User
from videorama.jobs.models import Job

ADMINS = "jobs.admins"


def user_group(user: User) -> str:
    """Group of the sockets of one user, for the jobs this user owns."""
    return f"jobs.user.{user.pk}"


def library_group(slug: str) -> str:
    """Group of the sockets of those who may edit the library."""
    return f"jobs.library.{slug}"


def person_group(user: User) -> str:
    """Group of everything a user has open, whatever it shows."""
    return f"person.{user.pk}"


def look_again(user: User) -> None:
    """Lets every socket of the user ask whether it may stay, and what it may show; any thread."""
    get_channel_layer().post([person_group(user)], {"type": "access.changed"})


def publish(job_id: int) -> None:
    """Announces a change of the job, after commit, from any thread.

    Losing the message is harmless: pages poll, and the row is the truth.
    """
    transaction.on_commit(partial(_announce, job_id), robust=True)


def _announce(job_id: int) -> None:
    found = Job.objects.filter(pk=job_id).values_list("owner_id", "library").first()
    if found is None:
        return
    owner_id, library = found
    groups = [ADMINS]
    if owner_id:
        groups.append(f"jobs.user.{owner_id}")
    if library:
        groups.append(library_group(library))
    get_channel_layer().post(groups, {"type": "job.changed", "job_id": job_id})
