"""What tests need to know about processes, from /proc; waiting has a deadline."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_until(is_true: Callable[[], object], what: str, timeout_s: float = 20) -> None:
    """Return as soon as it holds; fail with the words when it never does."""
    until = time.monotonic() + timeout_s
    pause = 0.01
    while not is_true():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(pause)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def descendants(pid: int) -> set[int]:
    """Everything the process started, and what that started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
        except (FileNotFoundError, ProcessLookupError):
            continue
    found: set[int] = set()
    layer = {pid}
    while layer:
        layer = {child for child, parent in parents.items() if parent in layer} - found
        found |= layer
    return found
