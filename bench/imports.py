"""Import of a large file from a loopback site through the real program, beside plain yt-dlp.

Ours goes from the API call to the end of the job: probe, download, fingerprint, a look inside,
rights and rules, the file durable in the library, its rows, its poster. yt-dlp's command writes
the same address into a file and does nothing else.
"""

import sys
import tempfile
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import tools
from bench.report import Goal, compare, document
from videorama.tests.live import ENDED, LiveApp

GOAL = Goal(at_most=1.10, allowance=1.0)
# Asking costs processor time, too; when it ended is what the job itself says.
_ASK_S = 0.5


def measure(*, rounds: int, is_small: bool) -> dict[str, object]:
    """The whole import over the whole command, and where ours spends its time."""
    megabytes = 2 if is_small else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = folder / "site"
        site.mkdir()
        clip = tools.video(
            megabytes, folder / "clip.mp4", size="160x90" if is_small else "1920x1080"
        )
        with (
            tools.file_site(site) as (host, port),
            LiveApp.with_admin(folder / "data", VIDEORAMA_ALLOW_PRIVATE=f"{host}:{port}") as app,
        ):
            stages: list[dict[str, float]] = []
            stored: list[float] = []

            def ours(number: int) -> float:
                tools.another(clip, site / f"clip-{number}.mp4", number)
                took, parts = _import(app, f"http://{host}:{port}/clip-{number}.mp4")
                if number:
                    stages.append(parts)
                    stored.append(parts.pop("until stored"))
                return took

            def bare(number: int) -> float:
                source = tools.another(clip, site / f"bare-{number}.mp4", number)
                url = f"http://{host}:{port}/{source.name}"
                return tools.seconds(lambda: _plain(url, folder / f"plain-{number}.mp4"))

            assert app.token, "made before the clock runs"
            own, plain = tools.turns(rounds, ours, bare)
    row = compare(
        f"import of {megabytes} MB, to the end of the job", ours=own, bare=plain,
        unit="s", tool="plain yt-dlp", goal=GOAL,
    )  # fmt: skip
    entry = compare(
        f"import of {megabytes} MB, to the stored entry", ours=stored, bare=plain,
        unit="s", tool="plain yt-dlp", goal=GOAL,
    )  # fmt: skip
    return document([row, entry], facts={"stages_s": stages})


def _plain(url: str, into: Path) -> None:
    tools.run([sys.executable, "-m", "yt_dlp", "-q", "--ignore-config", "-o", into, url])
    into.unlink()


def _import(app: LiveApp, url: str) -> tuple[float, dict[str, float]]:
    """Seconds from the call to the ended job; and of each stage, by the job's own log."""
    began = time.time()
    job = app.import_url(url)
    while job["status"] not in ENDED:
        time.sleep(_ASK_S)
        job = app.job(job["id"])
    if job["status"] != "completed" or "entry_id" not in job["result"]:
        raise RuntimeError(f"the import ended as {job}")
    return _moment(job["ended_at"]) - began, _stages(app, job, began)


def _stages(app: LiveApp, job: dict[str, Any], began: float) -> dict[str, float]:
    lines = app.api("GET", f"/jobs/{job['id']}/logs").json()["items"]
    moments = [("waiting", began)]
    for line in lines:
        if line["stage"] != moments[-1][0]:
            moments.append((line["stage"], _moment(line["created_at"])))
    moments.append(("end", _moment(job["ended_at"])))
    parts = {name: round(later - at, 3) for (name, at), (_, later) in pairwise(moments)}
    stored = next(at for name, at in moments if name == "poster")
    return {**parts, "until stored": stored - moments[0][1]}


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
