"""Child: facts of one file as a JSON line; limited in memory and processor time."""

import json
import os
import resource
import sys

import av

from videorama.adapters import facts, leash

_MEMORY = 3 * 2**30
_CPU_S = 120


def main() -> None:
    """Reads `{"path", "parent"}` from stdin; answers `{"facts"}` or `{"error"}`."""
    spec = json.loads(sys.stdin.buffer.readline())
    leash.hold(int(spec["parent"]))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    av.logging.set_level(None)
    answer: dict[str, object]
    try:
        answer = {"facts": facts.full_facts(spec["path"])}
    except (facts.Unreadable, av.error.FFmpegError, MemoryError, ValueError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
