"""A real nginx on deploy/nginx.conf in front of a running program."""

import json
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import requests

from videorama.tests.live import REPOSITORY, LiveApp
from videorama.tests.services import end_with_parent, program
from videorama.tests.surroundings import Started, free_port
from videorama.tests.waiting import eventually

# What the program has to know of an nginx on this machine.
TRUSTED = {"VIDEORAMA_TRUSTED_PROXIES": "127.0.0.1"}


class Nginx(Started):
    """nginx with all its files in one folder; ends with this process at the latest."""

    def __init__(self, folder: Path, config: str, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"http://127.0.0.1:{port}"
        self.log, self.errors = folder / "access.log", folder / "errors"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "nginx.conf"
        self.config.write_text(config, encoding="utf-8")

    @classmethod
    def before(cls, app: LiveApp, folder: Path, *options: str) -> Self:
        """In front of this program, as its own command configures it."""
        port = free_port()
        places = {
            "--listen": f"127.0.0.1:{port}",
            "--rights-listen": f"127.0.0.1:{free_port()}",
            "--run-folder": str(folder),
            "--access-log": str(folder / "access.log"),
        }
        words = [word for pair in places.items() for word in pair]
        done = app.command("nginx_config", *words, *options)
        assert done.returncode == 0, done.stderr
        return cls(folder, done.stdout, port)

    def start(self) -> Self:
        """Listens when this returns."""
        # As root its workers would be nobody, who cannot look into our folders.
        more = "daemon off;" + ("user root;" if os.getuid() == 0 else "")
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [program("nginx"), "-p", str(self.folder), "-c", str(self.config), "-g", more],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stderr=errors,
                preexec_fn=end_with_parent,
            )
        eventually(self._answers, within=20, what="nginx listens")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(self.errors.read_text())
        try:
            requests.get(f"{self.url}/_media/", timeout=10)
        except requests.ConnectionError:
            return False
        return True

    def lines(self) -> list[dict[str, Any]]:
        """The access log."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def last(self, **wanted: object) -> dict[str, Any]:
        """The newest line with these values, as soon as nginx has written it."""

        def found() -> dict[str, Any] | None:
            return _newest(self.lines(), wanted)

        line = eventually(found, within=10, what=f"a line with {wanted}")
        assert line is not None
        return line

    def close(self) -> None:
        """Ends it with its workers."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
            # Nothing else is critical: a worker that crashed, a folder that cannot be used.
            assert self.errors.read_text() == ""


def _newest(lines: Iterable[dict[str, Any]], wanted: dict[str, object]) -> dict[str, Any] | None:
    found = [line for line in lines if wanted.items() <= line.items()]
    return found[-1] if found else None
