"""The access log of nginx, read back into what was played and downloaded.

nginx sends the bytes, so only its log knows how many there were. A log is known by its first line,
which holds an id of its own: not by its path, host or inode. So a file that was rotated is read to
its end under its new name, one that was truncated begins anew, and every nginx may have its own.
How far a log was read is written in the transaction that counts its bytes, and only by whoever read
on from where the row stood: neither a kill nor a second reader counts anything twice.
"""

import hashlib
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BufferedReader
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from library.models import LogPosition
from library.services.transfers import record_bytes

BLOCK = 1 << 20
LONGEST_LINE = 1 << 16
UNKNOWN_SIZE = 1 << 62
# How many logs that were put aside are looked at again, the newest ones, and for how long. A
# position is remembered much longer than its log is looked at: forgotten ones would count twice.
KEPT_LOGS, LOOKED_AT, REMEMBERED = 5, timedelta(days=7), timedelta(days=90)
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})")
_SENT = {200, 206}

logger = logging.getLogger(__name__)


@dataclass
class Handed:
    """What was sent for one viewing."""

    count: int = 0
    size_bytes: int = 0
    reached_end: bool = False


@dataclass
class Tally:
    """What was found in logs: lines, those that could not be read, and bytes by viewing."""

    lines: int = 0
    unreadable: int = 0
    by_event: dict[str, Handed] = field(default_factory=dict)

    @property
    def bytes_sent(self) -> int:
        """Of all viewings together."""
        return sum(one.count for one in self.by_event.values())

    def add_lines(self, text: bytes) -> None:
        """Counts whole lines; what is no line of ours is passed over."""
        for line in text.splitlines():
            self.lines += 1
            try:
                self._add(json.loads(line.decode(errors="replace")))
            except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
                self.unreadable += 1

    def _add(self, line: dict[str, Any]) -> None:
        event, status = str(line["transfer"]), int(line["status"])
        count = int(line["bytes"])
        if not event or not count or status not in _SENT:
            return
        event = str(UUID(event))
        if not 0 < count < 1 << 48:
            raise ValueError(count)
        start, size = _span(line)
        handed = self.by_event.setdefault(event, Handed())
        handed.count += count
        handed.size_bytes = max(handed.size_bytes, size)
        handed.reached_end |= 0 < size <= start + count

    def join(self, other: "Tally") -> None:
        """Adds what another one found."""
        self.lines += other.lines
        self.unreadable += other.unreadable
        for event, found in other.by_event.items():
            handed = self.by_event.setdefault(event, Handed())
            handed.count += found.count
            handed.size_bytes = max(handed.size_bytes, found.size_bytes)
            handed.reached_end |= found.reached_end


def read_access_log(path: Path) -> Tally:
    """Counts what was written to the log since it was read last, also to logs put aside of it.

    A log that is not there gives nothing: it may be on another machine, or not begun.
    """
    total = Tally()
    for place in _logs(path):
        try:
            with place.open("rb") as log:
                for found in _news(log):
                    total.join(found)
        except OSError as error:
            logger.warning("The access log cannot be read: %s", error)
    LogPosition.objects.filter(read_at__lt=timezone.now() - REMEMBERED).delete()
    return total


def _logs(path: Path) -> list[Path]:
    """The log and what it was rotated to, oldest first; compressed ones are not read."""
    aside = re.compile(rf"{re.escape(path.name)}[.-][0-9.-]+")
    newest = (timezone.now() - LOOKED_AT).timestamp()
    found = []
    if path.parent.is_dir():
        for place in path.parent.iterdir():
            if place.name == path.name or aside.fullmatch(place.name):
                try:
                    found.append((place.stat().st_mtime, place))
                except OSError:
                    continue  # put aside while we looked
    found.sort()
    return [place for changed, place in found[-KEPT_LOGS:] if changed > newest]


def _news(log: BufferedReader) -> Iterator[Tally]:
    """What is new in one log, block after block, each counted before the next is read."""
    identity = _identity(log)
    if not identity:
        return
    position, _made = LogPosition.objects.get_or_create(identity=identity)
    offset = position.offset
    while True:
        log.seek(offset)
        block = log.read(BLOCK)
        end = block.rfind(b"\n") + 1
        if not end:
            if len(block) < BLOCK:
                return  # the last line is still being written
            end = len(block)  # no line of ours is as long
        found = Tally()
        found.add_lines(block[:end])
        if not _count(position, offset, offset + end, found):
            return
        offset += end
        yield found


def _identity(log: BufferedReader) -> str:
    first = log.readline(LONGEST_LINE)
    if not first.endswith(b"\n") and len(first) < LONGEST_LINE:
        return ""
    return hashlib.sha256(first).hexdigest()


@transaction.atomic
def _count(position: LogPosition, offset: int, end: int, found: Tally) -> bool:
    """Notes the bytes and how far the log was read, both or none; False when somebody else did."""
    here = LogPosition.objects.filter(pk=position.pk, offset=offset)
    if not here.update(offset=end, read_at=timezone.now()):
        return False
    # In one order, so that readers of two logs never wait for each other.
    for event, handed in sorted(found.by_event.items()):
        record_bytes(
            event_id=event,
            count=handed.count,
            size_bytes=handed.size_bytes or UNKNOWN_SIZE,
            reached_end=handed.reached_end,
        )
    return True


def _span(line: dict[str, Any]) -> tuple[int, int]:
    """Where the bytes begin in the file, and how large it is."""
    found = _RANGE.fullmatch(str(line["range"]))
    if found:
        return int(found[1]), int(found[2])
    return 0, int(line["length"] or 0)
