"""Lists of a large installation beside the same lists of a small one, on both databases.

Two installations answer in turns, each a process with a database of its own: 1,000 entries and
100,000. The bare tool of each list is the same list of the small one; a list is judged by its
slowest answers (p95), and must ask the database equally often in both.

python -m bench.lists [ROUNDS] [full|small] [sqlite|postgresql] prints the document as JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Self

import psycopg

from bench.report import Goal, Row, compare, document, limit
from videorama.tests.services import PostgreSQL

SIZES = {"full": (1_000, 100_000), "small": (120, 240)}
# Answers of one list in one round.
_EACH = {"full": 10, "small": 2}
_GOAL = Goal(at_most=2)


def measure(
    *,
    rounds: int = 5,
    is_small: bool = False,
    databases: tuple[str, ...] = ("sqlite", "postgresql"),
) -> dict[str, object]:
    """p95 of every list at both sizes, and how often each asks the database."""
    size = "small" if is_small else "full"
    rows: list[Row] = []
    facts: dict[str, Any] = {"sizes": SIZES[size]}
    for database in databases:
        with _pair(database, SIZES[size]) as (small, large):
            found = _turns(small, large, rounds, _EACH[size])
            facts[database] = {
                "seeded_in_s": [small.seeded_s, large.seeded_s],
                "lists": found,
            }
            rows += [_row(database, name, one) for name, one in found.items()]
        other = [name for name, one in found.items() if one["queries"][0] != one["queries"][1]]
        facts[database]["unequal_queries"] = other
        rows.append(
            limit(
                f"{database}: lists that ask more often at {SIZES[size][1]:,} entries",
                ours=[float(len(other))],
                unit="lists",
                goal=Goal(at_most=0),
            )
        )
    return document(rows, facts)


class Installation:
    """A process with a database of its own that answers its own lists and says how long it took."""

    def __init__(self, size: int, data: Path, database_url: str) -> None:
        env = {**os.environ, "VIDEORAMA_DATA": str(data)}
        env.pop("DATABASE_URL", None)
        if database_url:
            env |= {"DATABASE_URL": database_url, "VIDEORAMA_SECRET_KEY": "s" * 50}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.list_child", str(size)],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.seeded_s = 0.0
        self.names: list[str] = []

    def wait(self) -> Self:
        """Until it is filled."""
        first = self._said()
        self.seeded_s, self.names = first["seeded_s"], first["names"]
        return self

    def ask(self, name: str, count: int) -> dict[str, Any]:
        """That list so often: milliseconds of each answer, queries of one."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\t{count}\n")
        self._process.stdin.flush()
        return self._said()

    def _said(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"an installation ended with {self._process.wait(20)}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


@contextmanager
def _pair(database: str, sizes: tuple[int, int]) -> Iterator[tuple[Installation, Installation]]:
    """The small and the large installation, filled."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="videorama-lists-")))
        folder.chmod(0o755)
        urls = ["", ""]
        if database == "postgresql":
            server = PostgreSQL(folder / "postgresql")
            stack.callback(server.stop)
            server.start()
            with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
                for at, size in enumerate(sizes):
                    connection.execute(f"CREATE DATABASE lists{size}")
                    urls[at] = server.url(f"lists{size}")
        pair = [
            Installation(size, folder / f"data{size}", url)
            for size, url in zip(sizes, urls, strict=True)
        ]
        for one in pair:
            stack.callback(one.close)
        yield pair[0].wait(), pair[1].wait()


def _turns(small: Installation, large: Installation, rounds: int, each: int) -> dict[str, Any]:
    """Every list in turns. The first answers of both only warm up."""
    found: dict[str, Any] = {}
    for name in small.names:
        queries = [one.ask(name, 1)["queries"] for one in (small, large)]
        times: tuple[list[list[float]], list[list[float]]] = ([], [])
        for _ in range(rounds):
            for at, one in enumerate((small, large)):
                times[at].append(one.ask(name, each)["ms"])
        found[name] = {
            "queries": queries,
            "p50_ms": [round(_share(list(chain(*side)), 0.5), 2) for side in times],
            "p95_ms": [round(_share(list(chain(*side)), 0.95), 2) for side in times],
            "p95_each": [[round(_share(one, 0.95), 2) for one in side] for side in times],
        }
    return found


def _row(database: str, name: str, found: dict[str, Any]) -> Row:
    small, large = found["p95_each"]
    return compare(
        f"{database}: {name}", ours=large, bare=small, unit="ms", tool="same, small", goal=_GOAL
    )


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


if __name__ == "__main__":
    given = [*sys.argv[1:], "", ""]
    asked = [word for word in given if word in ("sqlite", "postgresql")]
    turns = next((int(word) for word in given if word.isdecimal()), 5)
    answer = measure(
        rounds=turns, is_small="small" in given, databases=tuple(asked) or ("sqlite", "postgresql")
    )
    json.dump(answer, sys.stdout, indent=1)
