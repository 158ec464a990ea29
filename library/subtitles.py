"""Subtitles as people have them, made into the WebVTT that browsers read. Pure text work."""

import codecs
import re

# Before UTF-8 each language wrote in a code page of its own.
_CODE_PAGES = {
    "cp1250": ("bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"),
    "cp1251": ("be", "bg", "mk", "ru", "sr", "uk"),
    "cp1253": ("el",),
    "cp1254": ("az", "tr"),
    "cp1255": ("he", "iw", "yi"),
    "cp1256": ("ar", "fa", "ur"),
    "cp1257": ("et", "lt", "lv"),
    "cp1258": ("vi",),
    "cp874": ("th",),
    "cp932": ("ja",),
    "cp949": ("ko",),
    "gb18030": ("zh",),
}
_BY_LANGUAGE = {code: page for page, codes in _CODE_PAGES.items() for code in codes}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(.*)$")
# Styling that SubRip knows and WebVTT does not. Neither may reach over the beginning of another:
# a file of nothing but beginnings would be searched to its end from each of them.
_FOREIGN = re.compile(r"</?font[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)


def decode(content: bytes, language: str = "") -> str:
    """The text, whatever it was written in: a byte order mark tells, then UTF-8, then the language.

    Raises ValueError for what is no text at all.
    """
    text = _decoded(content, language)
    if "\0" in text:
        raise ValueError("no text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def to_vtt(text: str) -> str:
    """SubRip or WebVTT as WebVTT; ValueError when there is not a single cue."""
    lines = text.lstrip("\ufeff").split("\n")
    if not any(_TIMING.match(line) for line in lines):
        raise ValueError("no cues")
    if lines[0].startswith("WEBVTT"):
        return "\n".join(lines).rstrip("\n") + "\n"
    blocks = ["WEBVTT\n"]
    for at, line in enumerate(lines):
        if timing := _TIMING.match(line):
            blocks.append(f"{_stamps(timing)}\n{_words(lines, at + 1)}")
    return "\n".join(blocks)


def _decoded(content: bytes, language: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    try:
        return content.decode()
    except UnicodeDecodeError:
        base = language.lower().replace("_", "-").partition("-")[0]
        page = _BY_LANGUAGE.get(base, "cp1252")
        return content.decode(page, errors="replace")


def _stamps(timing: "re.Match[str]") -> str:
    values = timing.groups()
    return f"{_stamp(values[:4])} --> {_stamp(values[4:8])}"


def _stamp(parts: "tuple[str | None, ...]") -> str:
    hours, minutes, seconds, fraction = parts
    return f"{int(hours or 0):02}:{int(minutes or 0):02}:{int(seconds or 0):02}.{fraction:0<3}"


def _words(lines: list[str], start: int) -> str:
    """The lines of one cue: up to the next timing, without the number before it.

    Some files have blank lines inside a cue; WebVTT would end it there.
    """
    words: list[str] = []
    # By number: a copy of what is left for each cue makes hours of a file full of cues.
    for at in range(start, len(lines)):
        line = lines[at]
        if _TIMING.match(line):
            if words and words[-1].strip().isdigit():
                words.pop()
            break
        words.append(line)
    kept = (_FOREIGN.sub("", line).rstrip().replace("-->", "→") for line in words)
    return "".join(f"{line}\n" for line in kept if line)
