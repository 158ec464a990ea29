"""Log format: adds the job id to each line, and keeps secrets out of all of them."""

import logging
import re
from contextvars import ContextVar

current_job: ContextVar[str] = ContextVar("current_job", default="")


class AddJob(logging.Filter):
    """Gives every record `job`: empty, or a space and the id of the job this thread works on."""

    def filter(self, record: logging.LogRecord) -> bool:
        job = current_job.get()
        record.job = f" job={job}" if job else ""
        return True


class Discreet(logging.Formatter):
    """Masks what lets somebody in, wherever it stands: links that work once, and API tokens.

    On the finished line, so also in tracebacks and in what libraries say.
    """

    _SECRETS = re.compile(r"(/(?:invite|reset)/|\bvr_)[\w%-]{8,}")

    def format(self, record: logging.LogRecord) -> str:
        """The line without secrets."""
        return self._SECRETS.sub(r"\1…", super().format(record))
