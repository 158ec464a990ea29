"""A database for each program that tests start: a file of SQLite, or one on the run's PostgreSQL.

Programs find it as a first start leaves it, with USER as administrator where that is asked for.
That is made once for a test run and copied, since a first start costs seconds.
"""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from videorama.tests.services import DATABASE_VARIABLE, SECRET_KEY, fresh_redis_url, is_scale
from videorama.tests.surroundings import REPOSITORY, clean_environment

# The folder that keeps what is copied, for all processes of a run.
PREPARED_VARIABLE = "VIDEORAMA_TEST_PREPARED"
FILE = "videorama.sqlite3"
USER, PASSWORD = "ada", "a long enough pass phrase"
BARE, WITH_ADMIN = "bare", "with_admin"
_numbers = count(1)


class Database:
    """The one of a data folder."""

    def __init__(self, data: Path) -> None:
        self.file = data / FILE
        self.name = f"of_{os.getpid()}_{next(_numbers)}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which one process on its own finds it."""
        if not is_scale():
            return {}
        return {"DATABASE_URL": _url(self.name), "VIDEORAMA_SECRET_KEY": SECRET_KEY}

    @cached_property
    def shared_environment(self) -> dict[str, str]:
        """The same for the processes of the scale mode: with a Redis database that is theirs."""
        return {**self.environment, **({"REDIS_URL": fresh_redis_url()} if is_scale() else {})}

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query answers; values stand for each %s. Ids may be given as 32 hex digits."""
        if not is_scale():
            with closing(sqlite3.connect(self.file, timeout=20)) as database:
                return database.execute(query.replace("%s", "?"), values).fetchall()
        with psycopg.connect(_url(self.name), autocommit=True) as database:
            return database.execute(query.encode(), values or None).fetchall()

    def exists(self) -> bool:
        """It was made already."""
        if not is_scale():
            return self.file.exists()
        return _exists(self.name)

    def create(self, like: str) -> None:
        """Makes it, a copy of the prepared one of this name; empty when the name is empty."""
        if like:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            copy(like, self.name if is_scale() else str(self.file))
        elif is_scale():
            _create(self.name, template="template0")


_of_folder: dict[Path, Database] = {}


def of(data: Path) -> Database:
    """The database of a data folder, which may have to be made yet; always the same one."""
    return _of_folder.setdefault(data.resolve(), Database(data))


def prepare(data: Path, like: str = BARE) -> Database:
    """Makes of an empty folder what a first start leaves; what exists already stays as it is.

    Without `like`, and outside a test run that prepares, the program has to do all of it itself.
    """
    database = of(data)
    like = like if os.environ.get(PREPARED_VARIABLE) else ""
    if not database.exists():
        database.create(like)
    return database


def environment_of(data: Path, like: str = BARE) -> dict[str, str]:
    """What a process of its own gets to work on a folder, with its database prepared."""
    return clean_environment(
        VIDEORAMA_DATA=str(data),
        DJANGO_SETTINGS_MODULE="videorama.settings",
        **prepare(data, like).environment,
    )


def report_of(
    module: str, *words: str, data: Path, within: float = 300, before: Sequence[str] = ()
) -> Any:
    """Runs the module on the folder; its last line is JSON. `before` are words of a wrapper."""
    ended = subprocess.run(
        [*before, sys.executable, "-m", module, *words],
        cwd=REPOSITORY,
        env=environment_of(data),
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    return json.loads(ended.stdout.splitlines()[-1])


def prepare_static(data: Path) -> None:
    """Puts collected static files there, for a program that serves."""
    if os.environ.get(PREPARED_VARIABLE) and not (data / "static.stamp").exists():
        folder = _folder(WITH_ADMIN)
        shutil.copytree(folder / "static", data / "static", dirs_exist_ok=True)
        shutil.copyfile(folder / "static.stamp", data / "static.stamp")


def copy(like: str, name: str) -> None:
    """Makes a copy of the prepared database: a database of this name, or a file."""
    folder = _folder(like)
    if is_scale():
        _create(name, template=_prepared(like))
    else:
        shutil.copyfile(folder / FILE, name)


def token() -> str:
    """A bearer token of USER in everything prepared with an administrator; empty if nothing is."""
    if not os.environ.get(PREPARED_VARIABLE):
        return ""
    return (_folder(WITH_ADMIN) / "token").read_text()


def _url(name: str) -> str:
    return f"{os.environ[DATABASE_VARIABLE]}/{name}"


def _exists(name: str) -> bool:
    with psycopg.connect(_url("postgres")) as server:
        return bool(server.execute("select 1 from pg_database where datname = %s", [name]).rowcount)


def _create(name: str, template: str) -> None:
    with psycopg.connect(_url("postgres"), autocommit=True) as server:
        server.execute(f'create database "{name}" template "{template}"'.encode())


def _prepared(name: str) -> str:
    """Of this run; another one may use the same server."""
    return f"{name}_of_{Path(os.environ[PREPARED_VARIABLE]).parent.name}"


def _folder(name: str) -> Path:
    """The prepared data folder; made by whoever needs it first."""
    kept = Path(os.environ[PREPARED_VARIABLE])
    folder = kept / name
    with _alone(kept):
        if not folder.exists():
            draft = kept / f"{name}.draft"
            _start_first(draft, name)
            draft.rename(folder)
    return folder


def _start_first(data: Path, name: str) -> None:
    made = Database(data)
    made.name = _prepared(name)
    if is_scale():
        made.create("")
    data.mkdir()
    words = [str(data / "token")] if name == WITH_ADMIN else []
    subprocess.run(
        [sys.executable, "-m", "videorama.tests.first_start", *words],
        cwd=REPOSITORY,
        env=clean_environment(
            VIDEORAMA_DATA=str(data),
            DJANGO_SETTINGS_MODULE="videorama.settings",
            **made.environment,
        ),
        check=True,
        timeout=120,
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process of the run at a time."""
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
