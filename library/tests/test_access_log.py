"""What nginx wrote to its access log becomes the bytes of viewings, once each."""

import json
import multiprocessing
import os
import random
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import override_settings

from library.models import DownloadEvent, LogPosition, TransferKind
from library.services import read_access_log
from library.tasks import read_access_log as task
from library.tests.factories import make_entry, make_user
from videorama.tests.live import REPOSITORY

pytestmark = pytest.mark.django_db(transaction=True)
SIZE = 10_000


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def viewing(**changes) -> DownloadEvent:
    given = {"user": make_user(), "format": TransferKind.STREAM, "session_key": uuid4().hex}
    return DownloadEvent.objects.create(entry=make_entry(), **{**given, **changes})


def line(event: DownloadEvent | None, count: int, start: int | None = None, **changes) -> str:
    """As the log format of deploy/nginx.conf writes it; a range when `start` is given."""
    is_part = start is not None
    found = {
        "time": "2026-11-21T18:24:12+00:00",
        "id": uuid4().hex,
        "client": "192.0.2.7",
        "method": "GET",
        "path": "/api/v1/entries/x/stream",
        "status": 206 if is_part else 200,
        "bytes": count,
        "seconds": 0.01,
        "upstream_status": "",
        "upstream_seconds": "",
        "right": "HIT",
        "transfer": str(event.uuid) if event else "",
        "range": f"bytes {start}-{start + count - 1}/{SIZE}" if is_part else "",
        "length": str(count if is_part else SIZE),
    }
    return json.dumps({**found, **changes}) + "\n"


def add(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.writelines(lines)


def found(event: DownloadEvent) -> tuple[int, bool]:
    event.refresh_from_db()
    return event.bytes_transferred, event.completed


def test_the_log_of_the_config_is_the_one_that_is_read():
    config = (REPOSITORY / "deploy" / "nginx.conf").read_text()
    for name in json.loads(line(None, 0)):
        assert f'"{name}":' in config


def test_ranges_are_summed_and_the_last_byte_completes(log: Path):
    event = viewing()
    add(log, line(event, 100, 0), line(event, 50, 5_000), line(None, 900))
    tally = read_access_log(log)
    assert (tally.lines, tally.unreadable, tally.bytes_sent) == (3, 0, 150)
    assert found(event) == (150, False)
    add(log, line(event, 1_000, 9_000))
    read_access_log(log)
    assert found(event) == (1_150, True)


def test_as_many_bytes_as_the_file_has_complete_it_too(log: Path):
    event = viewing()
    add(log, line(event, 6_000, 0), line(event, 4_000, 0))
    read_access_log(log)
    assert found(event) == (10_000, True)


def test_whoever_left_before_the_end_has_not_seen_it(log: Path):
    event = viewing()
    add(log, line(event, 4_000), line(event, 300, 9_000, length="1000"))
    read_access_log(log)
    assert found(event) == (4_300, False)


@pytest.mark.parametrize("status", [304, 404, 412, 416, 401, 500])
def test_answers_without_bytes_of_the_file_do_not_count(log: Path, status: int):
    event = viewing()
    add(log, line(event, 200, status=status))
    assert read_access_log(log).unreadable == 0
    assert found(event) == (0, False)


def test_nothing_is_counted_twice(log: Path):
    event = viewing()
    add(log, line(event, 100, 0))
    for _ in range(3):
        read_access_log(log)
    assert found(event) == (100, False)


def test_a_line_that_is_still_being_written_is_read_once_it_is_whole(log: Path):
    event = viewing()
    text = line(event, 100, 0)
    add(log, text[:40])
    read_access_log(log)
    assert LogPosition.objects.count() == 0
    add(log, text[40:], text[:60])
    read_access_log(log)
    assert found(event) == (100, False)
    add(log, text[60:])
    read_access_log(log)
    assert found(event) == (200, False)


GARBAGE = [
    b"\n",
    b"no json at all\n",
    b"[1, 2]\n",
    b'"text"\n',
    b"\x00\xff\xfe\n",
    b"{}\n",
    b'{"transfer": "x", "status": 200, "bytes": 5, "range": "", "length": ""}\n',
    b'{"transfer": "%s", "status": 200, "bytes": -5, "range": "", "length": ""}\n',
    b'{"transfer": "%s", "status": 200, "bytes": 9e99, "range": "", "length": ""}\n',
    b'{"transfer": "%s", "status": 200, "bytes": Infinity, "range": "", "length": ""}\n',
    b'{"transfer": "%s", "status": 200, "bytes": 5, "range": "", "length": "many"}\n',
    b"[" * 50_000 + b"\n",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_a_line_that_is_none_of_ours_is_passed_over(log: Path, garbage: bytes):
    event = viewing()
    broken = garbage.replace(b"%s", str(event.uuid).encode())
    log.write_bytes(line(event, 1, 0).encode() + broken + line(event, 2, 0).encode())
    tally = read_access_log(log)
    assert (tally.lines, tally.unreadable) == (3, 1)
    assert found(event) == (3, False)


def test_a_block_without_any_end_of_line_does_not_stop_the_reading(log: Path):
    event = viewing()
    add(log, line(event, 1, 0), "x" * (3 << 20), "\n", line(event, 2, 0))
    read_access_log(log)
    assert found(event) == (3, False)


def test_an_event_that_was_forgotten_meanwhile_changes_nothing(log: Path):
    event = viewing()
    add(log, line(event, 5, 0))
    DownloadEvent.objects.all().delete()
    assert read_access_log(log).bytes_sent == 5


@pytest.mark.parametrize("aside", ["access.log.1", "access.log-20261121"])
def test_a_log_that_was_put_aside_is_read_to_its_end(log: Path, aside: str):
    event = viewing()
    add(log, line(event, 1, 0))
    read_access_log(log)
    add(log, line(event, 10, 0))
    log.rename(log.with_name(aside))
    add(log.with_name(aside), line(event, 100, 0))
    add(log, line(event, 1000, 0))
    read_access_log(log)
    assert found(event) == (1111, False)
    read_access_log(log)
    assert found(event) == (1111, False)


def test_a_log_that_was_copied_and_truncated_is_counted_once(log: Path):
    event = viewing()
    add(log, line(event, 1, 0), line(event, 10, 0))
    read_access_log(log)
    add(log, line(event, 100, 0))
    log.with_name("access.log.1").write_bytes(log.read_bytes())
    os.truncate(log, 0)
    read_access_log(log)
    assert found(event) == (111, False)
    add(log, line(event, 1000, 0))
    read_access_log(log)
    assert found(event) == (1111, False)


def test_each_nginx_may_have_a_log_of_its_own(tmp_path: Path):
    event = viewing()
    for number in range(3):
        place = tmp_path / str(number) / "access.log"
        place.parent.mkdir()
        add(place, line(event, 10**number, 0))
        read_access_log(place)
    assert found(event) == (111, False)


def test_logs_of_others_in_the_folder_are_left_alone(log: Path):
    event = viewing()
    add(log, line(event, 1, 0))
    add(log.with_name("access.log.bak"), line(event, 10, 0))
    add(log.with_name("other.log"), line(event, 100, 0))
    log.with_name("access.log.2.gz").write_bytes(b"\x1f\x8b")
    read_access_log(log)
    assert found(event) == (1, False)


def test_a_log_that_is_not_there_is_no_fault(log: Path):
    assert read_access_log(log).lines == 0
    with override_settings(ACCESS_LOG=str(log)):
        task()


def test_the_command_says_what_it_found(log: Path, capsys: pytest.CaptureFixture[str]):
    event = viewing()
    add(log, line(event, 7, 0), line(event, 8, 0))
    with override_settings(ACCESS_LOG=str(log)):
        call_command("read_access_log")
    assert "2 new lines, 15 bytes of 1 viewings" in capsys.readouterr().out
    call_command("read_access_log", str(log))
    assert "0 new lines" in capsys.readouterr().out
    with pytest.raises(CommandError, match="VIDEORAMA_ACCESS_LOG"):
        call_command("read_access_log")
    with pytest.raises(CommandError, match="There is no log at"):
        call_command("read_access_log", str(log.with_name("absent")))


def _read_and_die(path: str, after: float) -> None:
    """Reads over and over until it kills itself; a process of its own."""
    import signal
    import threading

    threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
    while True:
        read_access_log(Path(path))


def test_kills_and_other_readers_leave_every_byte_counted_once(log: Path):
    events = [viewing() for _ in range(4)]
    dice = random.Random(5)
    expected = dict.fromkeys(events, 0)
    lines = []
    for _ in range(6_000):
        event, count = dice.choice(events), dice.randrange(1, 500)
        expected[event] += count
        lines.append(line(event, count, 0))
    connections.close_all()
    getattr(connection, "close_pool", lambda: None)()  # its threads do not come along
    fork = multiprocessing.get_context("fork")
    readers = []
    for part in range(4):
        add(log, *lines[part * 1500 : (part + 1) * 1500])
        readers += [
            fork.Process(target=_read_and_die, args=(str(log), 0.05 + dice.random() / 2))
            for _ in range(2)
        ]
        for reader in readers[-2:]:
            reader.start()
    for reader in readers:
        reader.join(30)
    read_access_log(log)
    assert {event: found(event)[0] for event in events} == expected
