"""How work ends early."""

from django.utils.translation import gettext_lazy as _

from videorama.errors import AppError, Conflict


class Cancelled(AppError):
    """Somebody asked for the job to stop; jobs.run closes the row as cancelled."""

    code, sentence = "cancelled", _("Cancelled.")


class Interrupted(AppError):
    """This process stops or lost the claim; the work goes on elsewhere or at the next start."""

    code, sentence = "interrupted", _("The server stopped. The work goes on at the next start.")


class Partial(AppError):
    """Some of the work is done and kept; jobs.run closes the row as partial."""

    code, sentence = "partial", _("Only a part could be done.")


class NotCancellable(Conflict):
    """The job has ended already."""

    code, sentence = "job_ended", _("This job has already ended.")


class NotRetryable(Conflict):
    """Only failed, cancelled and partial jobs can be tried again."""

    code, sentence = (
        "job_not_retryable",
        _("Only a failed, cancelled or partly done job can be tried again."),
    )


class JobIsOpen(Conflict):
    """An open job cannot be deleted."""

    code, sentence = "job_open", _("Cancel this job before deleting it.")
