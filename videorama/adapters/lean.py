"""Import this before yt-dlp: keeps out libraries that it would load and that nothing here uses.

Saves an eighth of the time that loading takes: cffi, where ctypes does the same for the ciphers;
mutagen, which writes pictures into files; websockets, which only live streams need.
"""

import sys

for _name in ("cffi", "mutagen", "websockets"):
    # None there makes an import fail as if it were not installed.
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]
