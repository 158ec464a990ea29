"""On what a run was measured: the machine, its tools, and how busy others kept it."""

import os
import platform
import re
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import imageio_ffmpeg

_PACKAGES = ("django", "uvicorn", "celery", "yt-dlp", "av", "psycopg", "redis")
_PROGRAMS = {
    "nginx": ("nginx", "-v"),
    "redis-server": ("redis-server", "--version"),
    "postgresql": ("postgres", "--version"),
}
_ELSEWHERE = ("/usr/sbin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"))))


def description() -> dict[str, Any]:
    """The machine and the versions of what runs on it."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "file_system": _file_system(Path(os.environ.get("TMPDIR", "/tmp"))),
        "versions": {
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "ffmpeg": _program_version((imageio_ffmpeg.get_ffmpeg_exe(), "-version")),
            **{name: version(name) for name in _PACKAGES},
            **{name: _program_version(command) for name, command in _PROGRAMS.items()},
        },
        "commit": _said(("git", "rev-parse", "--short", "HEAD")),
    }


def busy_share(over_s: float = 1.0) -> float:
    """How much of all cores is in use by whatever runs now, 0..1; measured over that time."""
    before = _ticks()
    time.sleep(over_s)
    total, idle = (now - then for now, then in zip(_ticks(), before, strict=True))
    return round(1 - idle / max(1, total), 2)


def load() -> dict[str, float]:
    """What others do to this machine before a bench begins: a noisy run can be seen by it."""
    return {"busy_share": busy_share(), "load_1_min": round(os.getloadavg()[0], 2)}


def _ticks() -> tuple[int, int]:
    words = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]
    ticks = [int(word) for word in words]
    return sum(ticks), ticks[3] + ticks[4]


def _cpu_model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _file_system(folder: Path) -> str:
    """The kind of file system that the folder lies on."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        _device, place, name, *_rest = line.split()
        if folder.resolve().is_relative_to(place) and len(place) >= len(best):
            best, kind = place, name
    return kind


def _program_version(command: Sequence[str]) -> str:
    found = re.search(r"\d+(?:\.\d+)+", _said(command))
    return found[0] if found else "absent"


def _said(command: Sequence[str]) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), *_ELSEWHERE])
    try:
        told = subprocess.run(
            list(command),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={**os.environ, "PATH": path},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return (told.stdout + told.stderr).strip()
