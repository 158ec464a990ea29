"""Which process of this data folder may work jobs, where only one may: not in scale mode."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from videorama.errors import Conflict


class AlreadyRunning(Conflict):
    """Another process holds the lock."""

    code = "already_running"
    sentence = _("Videorama is already running with this data folder.")


def _path() -> Path:
    return Path(settings.DATA) / "embedded.lock"


@contextmanager
def hold() -> Iterator[None]:
    """Holds the lock of the data folder; AlreadyRunning when another process does.

    The system lets go of it when the process ends, however it ends.
    """
    handle = os.open(_path(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        yield
    finally:
        os.close(handle)


@contextmanager
def held_when_alone() -> Iterator[None]:
    """As hold, where there may be only one process; in scale mode nothing is held."""
    if settings.IS_SCALE:
        yield
        return
    with hold():
        yield


@contextmanager
def working_alone() -> Iterator[None]:
    """As hold, for whoever works jobs itself; in scale mode that is always left to the workers."""
    if settings.IS_SCALE:
        raise AlreadyRunning
    with hold():
        yield


def others_work() -> bool:
    """Some process works jobs now, or in scale mode will: there one may be on any machine."""
    return settings.IS_SCALE or is_held()


def is_held() -> bool:
    """Some process works the jobs of this data folder now."""
    try:
        with hold():
            return False
    except AlreadyRunning:
        return True
