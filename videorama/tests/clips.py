"""Small real media, made once per process with the ffmpeg that comes from pip.

A counting clip tells its second: eight vertical stripes are the bits of the whole second, white
for one, so a test can read from a frame where the player stands.
"""

import functools
import subprocess
import tempfile
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

STRIPES = 8
_STRIPED = (
    "color=c=black:s={width}x{height}:r=10:d={seconds},format=yuv420p,"
    "geq=lum='if(mod(floor(floor(T+0.001)/pow(2,floor(X*8/W))),2),235,16)':cb=128:cr=128"
)


def counting_clip(
    into: Path, *, seconds: int, width: int = 320, height: int = 180, padding_kb_s: int = 0
) -> Path:
    """Writes an mp4 (H.264, AAC) that shows its second; `padding_kb_s` makes it bigger on the wire."""
    rate = 64 + padding_kb_s * 8
    command = [
        *(get_ffmpeg_exe(), "-v", "error", "-y", "-nostdin", "-f", "lavfi"),
        *("-i", _STRIPED.format(width=width, height=height, seconds=seconds)),
        *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10"),
        *("-b:v", f"{rate}k", "-minrate", f"{rate}k", "-maxrate", f"{rate}k"),
        *("-bufsize", f"{rate}k", "-x264-params", "nal-hrd=cbr"),
        *("-c:a", "aac", "-b:a", "64k", "-movflags", "+faststart", "-shortest", str(into)),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)
    return into


@functools.cache
def counting_bytes(*, seconds: int = 30, padding_kb_s: int = 0) -> bytes:
    """The bytes of a counting clip, made once for all tests of this process."""
    with tempfile.TemporaryDirectory() as folder:
        clip = counting_clip(
            Path(folder) / "clip.mp4", seconds=seconds, padding_kb_s=padding_kb_s
        )
        return clip.read_bytes()


# Given a <video>, answers the second its current frame shows.
READ_SECOND = """video => {
  const canvas = document.createElement("canvas");
  canvas.width = 320; canvas.height = 180;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 320, 180);
  let second = 0;
  for (let bit = 0; bit < 8; bit++) {
    const [red] = context.getImageData(bit * 40 + 20, 90, 1, 1).data;
    if (red > 128) second += 2 ** bit;
  }
  return second;
}"""
