"""Where the repository is, and what programs that tests start share and may see of this process."""

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

REPOSITORY = Path(__file__).resolve().parent.parent.parent
_OURS = ("VIDEORAMA_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


class Started:
    """What runs from the begin of a `with` block to its end."""

    def start(self) -> Self:
        """Works when this returns."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends it."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ours(name: str) -> bool:
    """Whether the program reads an environment variable of this name."""
    return name.startswith(_OURS) or name in {"HOST", "PORT"}


def clean_environment(**changes: str) -> dict[str, str]:
    """This process's environment without Videorama's variables, then the changes."""
    kept = {name: value for name, value in os.environ.items() if not is_ours(name)}
    return {**kept, "PYTHONUNBUFFERED": "1", **changes}
