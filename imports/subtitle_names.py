"""Which subtitles belong to which video, told by their names; and the one format we convert."""

import re

from imports.enrichment.file_names import stem_of

ENDINGS = (".srt", ".vtt", ".ass", ".ssa")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
_TIME = r"(\d{1,4}):(\d\d):(\d\d)[.:](\d\d)"
_EVENT = re.compile(rf"Dialogue:[^,]*,\s*{_TIME}\s*,\s*{_TIME}\s*,(.*)")
# After the times: style, name, three margins and the effect, then the words.
_FIELDS_BEFORE_WORDS = 6


def is_subtitle(name: str) -> bool:
    """Named as subtitles are."""
    return name.lower().endswith(ENDINGS)


def belongs_to(subtitle: str, video: str) -> bool:
    """`film.srt`, `film.de.srt` and `film.de.forced.srt` belong to `film.mkv`."""
    stem = stem_of(video)
    return stem_of(subtitle) == stem or stem_of(subtitle).startswith(f"{stem}.")


def marks_of(subtitle: str, video: str) -> tuple[str, str]:
    """(language, label) out of what the subtitle's name has more than the video's."""
    rest = subtitle.rpartition(".")[0][len(stem_of(video)) :].strip(".").split(".")
    language = rest.pop(0) if rest and _LANGUAGE.fullmatch(rest[0]) else ""
    return language if "-" in language else language.lower(), " ".join(
        word for word in rest if word
    )


def ass_to_srt(text: str) -> str:
    """The lines of Advanced SubStation Alpha as SubRip, in order of time, without styling."""
    cues = []
    for line in text.splitlines():
        if found := _EVENT.match(line):
            *figures, rest = found.groups()
            words = rest.split(",", _FIELDS_BEFORE_WORDS)[-1]
            words = re.sub(r"\{[^{}]*\}", "", words).replace("\\N", "\n").replace("\\n", "\n")
            cues.append((_stamp(figures[:4]), _stamp(figures[4:]), words.replace("\\h", " ")))
    blocks = [
        f"{number}\n{start} --> {end}\n{words}\n"
        for number, (start, end, words) in enumerate(sorted(cues), start=1)
    ]
    return "\n".join(blocks)


def _stamp(figures: list[str]) -> str:
    hours, minutes, seconds, hundredths = figures
    return f"{int(hours):02d}:{minutes}:{seconds},{hundredths}0"
