"""What benches share: media to measure with, a quick file server, processes and their memory."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import imageio_ffmpeg

_MB = 10**6


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def turns(
    rounds: int, ours: Callable[[int], float], bare: Callable[[int], float]
) -> tuple[list[float], list[float]]:
    """Both in alternating order after one round that only warms up; each gets the round's number.

    Who begins changes from round to round, so that neither always finds the other's warm files.
    """
    ours(0)
    bare(0)
    found: dict[Callable[[int], float], list[float]] = {ours: [], bare: []}
    for number in range(1, rounds + 1):
        for one in (ours, bare) if number % 2 else (bare, ours):
            found[one].append(one(number))
    return found[ours], found[bare]


def run(command: Sequence[str | Path], cwd: Path | None = None) -> None:
    """Runs a program to its end; its words are shown when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{words[:4]} ended with {done.returncode}: {done.stderr[-2000:]}")


def ffmpeg(*arguments: str | Path) -> None:
    """The ffmpeg of the pip package with these arguments."""
    command = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-threads", "2")
    run([*command, *arguments])


def video(megabytes: float, into: Path, *, size: str = "1920x1080") -> Path:
    """An mp4 of about that size: H.264 at up to 8 Mbit/s with sound and its index in front.

    Ten seconds are encoded and repeated bit by bit: enough for everything that reads it.
    """
    seed = into.with_name(f"seed-{into.name}")
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=10,noise=alls=12:allf=t",
        "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=10",
        "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "8M", "-maxrate", "8M", "-bufsize",
        "8M", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k", "-shortest",
        "-f", "mp4", seed,
    )  # fmt: skip
    repeats = max(0, round(megabytes * _MB / seed.stat().st_size) - 1)
    ffmpeg(
        "-stream_loop", str(repeats), "-i", seed, "-c", "copy", "-movflags", "+faststart",
        "-f", "mp4", into,
    )  # fmt: skip
    seed.unlink()
    return into


def another(original: Path, into: Path, number: int) -> Path:
    """The same media as other bytes, so that a library does not know them yet."""
    # An mp4 may end in a box that says of itself that it is free space.
    box = (24).to_bytes(4, "big") + b"free" + number.to_bytes(16, "big")
    with original.open("rb") as source, into.open("wb") as target:
        while block := source.read(1 << 20):
            target.write(block)
        target.write(box)
    return into


class _Files(BaseHTTPRequestHandler):
    """Files of one folder by sendfile, whole or one range of them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""

    def do_HEAD(self) -> None:
        self._answer(has_body=False)

    def do_GET(self) -> None:
        self._answer(has_body=True)

    def _answer(self, *, has_body: bool) -> None:
        path = Path.cwd() / Path(self.path).name
        if not path.is_file():
            self.send_error(404)
            return
        size, start = path.stat().st_size, 0
        end = size
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked and int(asked[1]) < size:
            start, end = int(asked[1]), min(size, int(asked[2] or size) + 1)
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Last-Modified", "Mon, 01 Mar 2021 10:00:00 GMT")
        self.end_headers()
        if has_body:
            self.wfile.flush()
            with path.open("rb") as file:
                self.connection.sendfile(file, start, end - start)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has read enough goes away."""


@contextmanager
def file_site(folder: Path) -> Iterator[tuple[str, int]]:
    """A loopback server of the folder's files as a process of its own; gives host and port."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.tools"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None and server.stdin is not None
    try:
        yield "127.0.0.1", int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        server.stdin.close()


def descendants(pid: int) -> list[int]:
    """The process and everything it started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        parents.setdefault(int(words[1]), []).append(int(stat.parent.name))
    found, open_ends = [pid], [pid]
    while open_ends:
        children = parents.get(open_ends.pop(), [])
        found += children
        open_ends += children
    return found


def memory_mb(pid: int, kind: str = "Rss") -> float:
    """What a process holds: `Rss`, or `Pss`, which counts pages shared by n processes as 1/n."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(rf"^{kind}:\s*(\d+) kB", lines, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def cpu_s(pid: int) -> float:
    """Processor time of a process and of its children that have ended."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


def serve() -> None:
    """The file server: prints its port, serves the current folder until it is killed."""
    server = _Server(("127.0.0.1", 0), _Files)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve()
