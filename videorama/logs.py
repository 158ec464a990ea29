"""Log format: adds the job id to each line."""

import logging
from contextvars import ContextVar

current_job: ContextVar[str] = ContextVar("current_job", default="")


class AddJob(logging.Filter):
    """Gives every record `job`: empty, or a space and the id of the job this thread works on."""

    def filter(self, record: logging.LogRecord) -> bool:
        job = current_job.get()
        record.job = f" job={job}" if job else ""
        return True
