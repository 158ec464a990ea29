"""A PostgreSQL and a Redis of our own for the scale run, on free ports in a temporary folder.

As a module: `with Services() as services:` gives both; each can be killed and started again.
They are started by Debian's binaries, as user postgres where we are root, and they end with the
process that started them, even when that is killed.
"""

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
import redis

from videorama.adapters import leash
from videorama.tests.surroundings import Started, free_port

DATABASE_VARIABLE = "VIDEORAMA_TEST_DATABASE_URL"
REDIS_VARIABLE = "VIDEORAMA_TEST_REDIS_URL"
# What the scale run starts, and the Debian package of each.
PROGRAMS = {"postgres": "postgresql", "redis-server": "redis-server", "nginx": "nginx"}
# How many databases the Redis has: one for each test process and for each program it starts.
REDIS_DATABASES = 4096
# All programs of a run share it, as those of one installation do.
SECRET_KEY = "only for tests, " * 3
_OWNER = "videorama"
_FOLDER = "videorama-services-"


class Missing(Exception):
    """A server program that the scale run needs is not installed."""


def is_scale() -> bool:
    """Whether this test run is the one on PostgreSQL and Redis."""
    return bool(os.environ.get(DATABASE_VARIABLE))


def fresh_redis_url() -> str:
    """A database of the run's Redis that nobody else has."""
    server = os.environ[REDIS_VARIABLE]
    with redis.Redis.from_url(f"{server}/0") as client:
        return f"{server}/{client.incr('databases taken')}"


def program(name: str) -> str:
    """Where the program lies; Debian keeps PostgreSQL's outside the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    # Debian's newest before the PATH: wrappers there may choose a server that is not installed.
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), "/usr/sbin"])
    if found := shutil.which(name, path=path):
        return found
    raise Missing(f"{name} is missing.")


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def end_with_parent() -> None:
    """Linux kills this process from now on when the one that started it ends."""
    leash.end_with(0, signal.SIGKILL)


def _account() -> pwd.struct_passwd | None:
    """The account that runs PostgreSQL, which refuses root; None where we are not root."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise Missing("PostgreSQL refuses to run as root, and there is no user postgres.") from None


def _leash(account: pwd.struct_passwd | None) -> list[str]:
    """Words before a command: run it as the account, and end it when we end.

    Not by Popen's preexec_fn, which is no good in a process with threads.
    """
    if not (setpriv := shutil.which("setpriv")):
        if account:
            raise Missing("setpriv is missing, which runs PostgreSQL as another account than root.")
        return []
    words = [setpriv, "--pdeathsig=KILL"]
    if account:
        words += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return words


class _Server:
    """One server process: started, killed, started again."""

    name = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def _launch(self, argv: list[str], account: pwd.struct_passwd | None = None) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*_leash(account), *argv],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Not in the group of the terminal: Ctrl-C is for the tests, which still need it.
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it takes a connection now."""
        raise NotImplementedError

    def start(self) -> None:
        """Until it answers."""
        raise NotImplementedError

    def stop(self, how: int = signal.SIGINT) -> None:
        """Sends the signal and waits; what does not end is killed."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)

    def kill(self) -> None:
        """The power cut."""
        self.stop(signal.SIGKILL)


class PostgreSQL(_Server):
    """A cluster whose only account may do everything; it does not wait for the disk."""

    name = "PostgreSQL"

    def start(self) -> None:
        """Makes the cluster the first time; after kill() it recovers what was committed."""
        account = _account()
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            if account:
                os.chown(self.folder, account.pw_uid, account.pw_gid)
            subprocess.run(
                [*_leash(account), program("initdb"), "-D", str(self.folder), *_CLUSTER],
                cwd=self.folder,
                check=True,
                capture_output=True,
            )
        self._launch(
            [program("postgres"), "-D", str(self.folder), "-p", str(self.port), *_OPTIONS],
            account,
        )

    def answers(self) -> bool:
        """Whether it takes a connection now."""
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            return True
        return False

    @property
    def server_url(self) -> str:
        """The address without a database."""
        return f"postgresql://{_OWNER}@127.0.0.1:{self.port}"

    def url(self, database: str) -> str:
        """The address of one database."""
        return f"{self.server_url}/{database}"


# What is committed survives a kill of the server, not one of the machine: tests need no more.
_OPTIONS = [
    word
    for option in (
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "full_page_writes=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_connections=300",
        "shared_buffers=128MB",
        "log_min_messages=fatal",
    )
    for word in ("-c", option)
]


_CLUSTER = ["-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
_IN_MEMORY = ["--bind", "127.0.0.1", "--save", "", "--databases", str(REDIS_DATABASES)]


class Redis(_Server):
    """A Redis that keeps nothing: started again it is empty."""

    name = "Redis"

    def start(self) -> None:
        """Until it answers."""
        self.folder.mkdir(exist_ok=True)
        self._launch(
            [program("redis-server"), "--port", str(self.port), *_IN_MEMORY],
        )

    def answers(self) -> bool:
        """Whether it takes a connection now."""
        with contextlib.suppress(redis.ConnectionError), redis.Redis(port=self.port) as client:
            return bool(client.ping())
        return False

    @property
    def server_url(self) -> str:
        """The address without a database number."""
        return f"redis://127.0.0.1:{self.port}"


def _sweep() -> None:
    """Takes away what killed runs left; their servers ended with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        owner = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


class Services(Started):
    """Both servers, in a folder that goes with them."""

    def __init__(self) -> None:
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
        self.folder.chmod(0o755)
        self.postgresql = PostgreSQL(self.folder / "postgresql")
        self.redis = Redis(self.folder / "redis")
        atexit.register(self.close)

    def start(self) -> Self:
        """Until both answer; nothing remains when one cannot be started."""
        try:
            self.postgresql.start()
            self.redis.start()
        except BaseException:
            self.close()
            raise
        return self

    @property
    def environment(self) -> dict[str, str]:
        """What tells a test run of them."""
        return {
            DATABASE_VARIABLE: self.postgresql.server_url,
            REDIS_VARIABLE: self.redis.server_url,
        }

    def close(self) -> None:
        """Ends both and takes their folder away."""
        for server in (self.postgresql, self.redis):
            # Nothing in it is worth a clean end.
            server.stop(signal.SIGQUIT if server is self.postgresql else signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)


def missing() -> Iterator[str]:
    """Debian's packages of the programs that are not there."""
    for name, package in PROGRAMS.items():
        try:
            program(name)
        except Missing:
            yield package


if __name__ == "__main__":
    print("\n".join(missing()))  # noqa: T201
