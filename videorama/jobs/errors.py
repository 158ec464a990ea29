"""How work ends early."""

from videorama.errors import AppError, Conflict


class Cancelled(AppError):
    """Somebody asked for the job to stop; jobs.run closes the row as cancelled."""

    code, message = "cancelled", "Cancelled."


class Interrupted(AppError):
    """This process stops or lost the claim; the work goes on elsewhere or at the next start."""

    code, message = "interrupted", "The server stopped. The work goes on at the next start."


class Partial(AppError):
    """Some of the work is done and kept; jobs.run closes the row as partial."""

    code, message = "partial", "Only a part could be done."


class NotCancellable(Conflict):
    """The job has ended already."""

    code, message = "job_ended", "This job has already ended."


class NotRetryable(Conflict):
    """Only failed, cancelled and partial jobs can be tried again."""

    code, message = (
        "job_not_retryable",
        "Only a failed, cancelled or partly done job can be tried again.",
    )


class JobIsOpen(Conflict):
    """An open job cannot be deleted."""

    code, message = "job_open", "Cancel this job before deleting it."
