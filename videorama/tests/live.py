"""The real program as a process of its own, used from outside: HTTP, commands, signals."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import requests

from videorama.adapters.child import leashed
from videorama.tests import databases
from videorama.tests.databases import PASSWORD, USER
from videorama.tests.surroundings import REPOSITORY, Started, clean_environment, free_port
from videorama.tests.waiting import eventually

ENDED = {"completed", "partial", "failed", "cancelled"}


class LiveApp(Started):
    """`manage.py serve` on a free port with a data folder of its own; may be started again.

    In a test run it finds the folder as a first start leaves it, unless `is_prepared` is false.
    """

    def __init__(self, data: Path, *, is_prepared: bool = True, **environment: str) -> None:
        self.data = data
        self.database = databases.of(data)
        self.is_prepared = is_prepared
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = clean_environment(
            VIDEORAMA_DATA=str(data),
            PORT=str(self.port),
            **self.database.shared_environment,
            **environment,
        )
        self.process: subprocess.Popen[str] | None = None
        self.output: list[str] = []
        self.session = requests.Session()
        self._token = ""

    @classmethod
    def with_admin(cls, data: Path, **environment: str) -> Self:
        """One whose first administrator is USER with PASSWORD, so no set-up page is needed."""
        return cls(
            data, VIDEORAMA_ADMIN_USER=USER, VIDEORAMA_ADMIN_PASSWORD=PASSWORD, **environment
        )

    def start(self, *, within: float = 90) -> Self:
        """Starts the process and waits until it says that it is ready."""
        self.output = []
        self._prepare()
        self.process = subprocess.Popen(
            leashed([sys.executable, "manage.py", "serve"]),
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        reader = threading.Thread(target=self._read, args=(self.process, self.output), daemon=True)
        reader.start()
        eventually(self._is_ready, within=within, what="the program is ready")
        return self

    def _prepare(self) -> None:
        has_admin = "VIDEORAMA_ADMIN_USER" in self.environment
        like = databases.WITH_ADMIN if has_admin else databases.BARE
        databases.prepare(self.data, like if self.is_prepared else "")
        if self.is_prepared:
            databases.prepare_static(self.data)
        if has_admin and self.is_prepared:
            self._token = self._token or databases.token()

    def _read(self, process: subprocess.Popen[str], lines: list[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            lines.extend(process.stdout)

    def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the program ended at its start:\n{self.said}")
        return f"Videorama is ready at {self.url}" in self.said

    @property
    def said(self) -> str:
        """What the process has printed since its start."""
        return "".join(self.output)

    def stop(self, how: int = signal.SIGTERM, *, within: float = 20) -> float:
        """Sends the signal and waits for the end; answers how many seconds that took."""
        assert self.process is not None
        asked = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(timeout=within)
        return time.monotonic() - asked

    def kill(self) -> None:
        """The power cut: SIGKILL, in scale mode for all of its processes at once.

        Programs that jobs started have groups of their own; nobody tells them a word.
        """
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)

    def close(self) -> None:
        """Ends what still runs."""
        self.session.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def command(
        self, *words: str, within: float = 120, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a management command beside the server, on the same data."""
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=REPOSITORY,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    @property
    def token(self) -> str:
        """A bearer token of the first administrator, made by the command."""
        if not self._token:
            made = self.command("create_token", "--user", USER, "--name", "tests")
            assert made.returncode == 0, made.stderr
            self._token = made.stdout.split()[-1]
        return self._token

    def api(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """A request to /api/v1 as the first administrator."""
        headers: Mapping[str, str] = more.pop("headers", {})
        return self.session.request(
            method,
            f"{self.url}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}", **headers},
            timeout=60,
            **more,
        )

    def import_url(self, url: str, **options: Any) -> dict[str, Any]:
        """Asks for an import and answers the job."""
        answer = self.api("POST", "/import/url", {"url": url, **options})
        assert answer.status_code == 202, f"{answer.text}\n{self.said[-4000:]}"
        return dict(answer.json()["job"])

    def job(self, job_id: str) -> dict[str, Any]:
        """The agreed job object as it is now."""
        answer = self.api("GET", f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return dict(found.get("job", found))

    def ended_job(self, job_id: str, *, within: float = 120) -> dict[str, Any]:
        """The job once it has ended."""

        def ended() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in ENDED else None

        job = eventually(ended, within=within, what=f"job {job_id} ended")
        assert job is not None
        return job

    def imported(self, url: str, *, within: float = 120, **options: Any) -> dict[str, Any]:
        """Imports the address and answers the entry."""
        job = self.ended_job(self.import_url(url, **options)["id"], within=within)
        assert job["status"] == "completed", json.dumps(job, indent=1)
        return self.entry(job["result"]["entry_id"])

    def entry(self, entry_id: str) -> dict[str, Any]:
        """The agreed entry object."""
        answer = self.api("GET", f"/entries/{entry_id}")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return dict(found.get("entry", found))

    def entries(self) -> list[dict[str, Any]]:
        """All entries, newest first."""
        return list(self.api("GET", "/entries").json()["items"])

    def files(self) -> list[Path]:
        """Every file under the media root, also hidden ones, relative to it."""
        root = self.data / "media"
        return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())
