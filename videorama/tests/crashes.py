"""Scale mode on a PostgreSQL and a Redis of its own, whose parts are killed one by one."""

import os
import random
import signal
from pathlib import Path
from typing import Any

import psycopg
import requests

from videorama.tests.live import ENDED, LiveApp
from videorama.tests.services import SECRET_KEY, Services
from videorama.tests.waiting import eventually

WORKERS = ("heavy worker", "quick worker")


class Installation:
    """One program, supervised, with servers of its own."""

    def __init__(self, data: Path, servers: Services, **environment: str) -> None:
        self.servers = servers
        with psycopg.connect(servers.postgresql.url("postgres"), autocommit=True) as server:
            server.execute("create database crashes")
        self.app = LiveApp.with_admin(data, is_prepared=False, **environment)
        self.app.environment |= {
            "DATABASE_URL": servers.postgresql.url("crashes"),
            "REDIS_URL": f"{servers.redis.server_url}/1",
            "VIDEORAMA_SECRET_KEY": SECRET_KEY,
        }

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database answers, once it does."""

        def ask() -> tuple[list[tuple[Any, ...]]] | None:
            try:
                with psycopg.connect(self.servers.postgresql.url("crashes")) as database:
                    return (database.execute(query.encode()).fetchall(),)
            except psycopg.OperationalError:
                return None

        found = eventually(ask, within=60, what="the database answers")
        assert found is not None
        return found[0]

    def change(self, statement: str) -> None:
        """Writes to the database past the program."""
        with psycopg.connect(self.servers.postgresql.url("crashes")) as database:
            database.execute(statement.encode())

    def open_imports(self) -> int:
        """How many have not ended."""
        ended = ", ".join(f"'{status}'" for status in sorted(ENDED))
        query = f"select count(*) from jobs_job where kind = 'import' and status not in ({ended})"
        return int(self.rows(query)[0][0])

    def ask(self, url: str, number: int) -> str:
        """Asks for an import until the answer comes, however often the server dies meanwhile."""

        def answered() -> str | None:
            try:
                answer = self.app.api(
                    "POST", "/import/url", {"url": url}, headers={"Idempotency-Key": f"n{number}"}
                )
            except requests.RequestException:
                return None
            return str(answer.json()["job"]["id"]) if answer.status_code == 202 else None

        job = eventually(answered, within=90, what=f"the import of {url} was accepted")
        assert job is not None
        return job

    def process(self, name: str) -> int:
        """The process that has this part now, as the supervisor said last."""
        word = f"Started {name}, process "
        return int(self.app.said.rpartition(word)[2].partition(".")[0])

    def kill(self, what: str, chance: random.Random) -> None:
        """SIGKILL for one part; servers are started again at once, and Redis is empty then."""
        if what == "Redis":
            self.servers.redis.kill()
            self.servers.redis.start()
        elif what == "PostgreSQL":
            self.servers.postgresql.kill()
            eventually(self._postgresql_starts, within=60, what="PostgreSQL is back")
        elif what == "pool process":
            pools = [pid for name in WORKERS for pid in children(self.process(name))]
            if pools:
                _kill(chance.choice(pools))
        else:
            _kill(self.process(what))

    def _postgresql_starts(self) -> bool:
        try:
            self.servers.postgresql.start()
        except RuntimeError:  # Processes of the killed one still end.
            return False
        return True

    def run(self) -> "Installation":
        """Running and whole, whatever the test before has left."""
        if self.app.process is None or self.app.process.poll() is not None:
            self.app.start()
        eventually(self.is_whole, within=60, what="every part works")
        return self

    def everybody(self) -> list[int]:
        """All processes of the program that there are now."""
        assert self.app.process is not None
        return family(self.app.process.pid)

    def is_whole(self) -> bool:
        """Every part works again."""
        try:
            return requests.get(f"{self.app.url}/health", timeout=10).status_code == 200
        except requests.RequestException:
            return False


KILLED: tuple[str, ...] = (*WORKERS, "pool process", "web server", "clock", "Redis", "PostgreSQL")


def children(pid: int) -> list[int]:
    """The processes this one has started, also those of its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def living(pids: list[int]) -> list[int]:
    """Those that have not ended; one that only waits to be buried has."""
    return [pid for pid in pids if _state(pid) not in {"", "Z"}]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def family(pid: int) -> list[int]:
    """The process and all below it."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # It died of itself, or of the last kill.
        return
