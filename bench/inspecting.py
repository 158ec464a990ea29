"""What an import learns of a file, its hash and its facts, beside sha256sum and `ffmpeg -i`.

Ours decodes a frame and reads the file's end in a child with limits, since files may be hostile;
`ffmpeg -i` reads the headers and believes them.
"""

import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg

from bench import tools
from bench.report import compare, document
from library import files
from videorama.adapters import ffmpeg


def measure(*, rounds: int, is_small: bool) -> dict[str, object]:
    """Hash and facts of one file, each alone and both."""
    megabytes = 2 if is_small else 1000
    with tempfile.TemporaryDirectory() as name:
        clip = Path(name) / "clip.mp4"
        tools.video(megabytes, clip, size="160x90" if is_small else "1920x1080")
        hashed = tools.turns(
            rounds,
            lambda _number: tools.seconds(lambda: files.sha256_of(clip, _go_on)),
            lambda _number: tools.seconds(lambda: tools.run(["sha256sum", clip])),
        )
        seen = tools.turns(
            rounds,
            lambda _number: tools.seconds(lambda: ffmpeg.inspect(clip)),
            lambda _number: tools.seconds(lambda: _headers(clip)),
        )
    both = [
        [one + other for one, other in zip(*sides, strict=True)]
        for sides in zip(hashed, seen, strict=True)
    ]
    rows = [
        compare(f"hash of {megabytes} MB", ours=hashed[0], bare=hashed[1], unit="s",
                tool="sha256sum"),
        compare("facts of a file", ours=seen[0], bare=seen[1], unit="s", tool="ffmpeg -i"),
        compare(f"hash and facts of {megabytes} MB", ours=both[0], bare=both[1], unit="s",
                tool="both"),
    ]  # fmt: skip
    return document(rows)


def _go_on() -> None:
    """Nothing stops it."""


def _headers(path: Path) -> None:
    # Without an output it ends with an error after it has told what the file is.
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-i", str(path)]
    told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if b"Duration" not in told.stderr:
        raise RuntimeError(told.stderr.decode(errors="replace"))
