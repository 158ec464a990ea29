"""Sessions in the database, each with the user it belongs to."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from videorama.accounts.models import Session

DEVICE, SIGNED_IN_AT = "device", "signed_in_at"

if TYPE_CHECKING:
    from django.contrib.sessions.base_session import AbstractBaseSession


class SessionStore(DatabaseStore):
    """Django's store of sessions, and beside what it holds whose it is.

    A row is written anew as a whole at each save, so all its columns come from what it holds.
    """

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Where the rows are."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> "AbstractBaseSession":
        """The row to be saved."""
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        signed_in_at = data.get(SIGNED_IN_AT)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.device = str(data.get(DEVICE, ""))[:60]
        row.signed_in_at = datetime.fromisoformat(signed_in_at) if signed_in_at else None
        row.seen_at = timezone.now()
        return row


def device_of(agent: str) -> str:
    """What to call a browser: "Firefox · Android". Names of things, the same in every language."""
    browsers = {
        "Edg": "Edge",
        "OPR/": "Opera",
        "Firefox/": "Firefox",
        "FxiOS": "Firefox",
        "Chrome/": "Chrome",
        "CriOS": "Chrome",
        "Safari/": "Safari",
    }
    systems = {
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Android": "Android",
        "Windows": "Windows",
        "Mac OS": "macOS",
        "CrOS": "ChromeOS",
        "Linux": "Linux",
    }
    found = [
        next((name for mark, name in words.items() if mark in agent), "")
        for words in (browsers, systems)
    ]
    return " · ".join(name for name in found if name)
