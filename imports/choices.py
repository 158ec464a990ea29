"""The formats a source can really deliver, in words for people."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from videorama.adapters.media import PRESETS, FormatOffer, Preset, SourceInfo

OTHER_HEIGHTS = 6


@dataclass(frozen=True)
class FormatChoice:
    """One preset as a person chooses it; `size_bytes` is the source's own estimate."""

    value: str
    label: str
    hint: str
    size_bytes: int | None


def format_choices(info: SourceInfo) -> list[FormatChoice]:
    """The presets this source can satisfy and its other heights; what means the same shows once."""
    found: list[FormatChoice] = []
    for name in info.presets:
        if name in PRESETS:
            choice = _choice(PRESETS[name], info.formats)
            if not choice.hint or choice.hint not in {other.hint for other in found}:
                found.append(choice)
    videos = [choice for choice in found if PRESETS[choice.value].kind == "video"]
    return [*videos, *_other_heights(info, videos), *found[len(videos) :]]


def _choice(preset: Preset, offers: tuple[FormatOffer, ...]) -> FormatChoice:
    audio = _best_audio(preset, offers)
    if preset.kind == "audio":
        return FormatChoice(preset.name, preset_label(preset.name), "", _size(audio))
    video = _best_video(preset, offers)
    return FormatChoice(
        preset.name, preset_label(preset.name), _hint(video) if video else "", _size(video, audio)
    )


def _other_heights(info: SourceInfo, shown: list[FormatChoice]) -> list[FormatChoice]:
    """Heights that no preset stands for, such as 1440p between the best and 1080p."""
    taken = {choice.hint.partition(",")[0] for choice in shown}
    found: dict[str, FormatChoice] = {}
    for offer in info.formats if shown else ():
        name = f"{offer.height}p"
        if _has(offer.video_codec) and offer.height and name not in taken | found.keys():
            size = _size(offer, _best_audio(PRESETS["audio_max"], info.formats))
            found[name] = FormatChoice(offer.id, name, offer.container.upper(), size)
    return list(found.values())[:OTHER_HEIGHTS]


def _size(main: FormatOffer | None, audio: FormatOffer | None = None) -> int | None:
    """What arrives, as far as the source says: a silent picture comes with its sound beside it."""
    parts = [main] if main is None or _has(main.audio_codec) or audio is None else [main, audio]
    sizes = [part.size_bytes for part in parts if part is not None]
    return sum(size or 0 for size in sizes) if sizes and all(sizes) else None


def _is_sound(offer: FormatOffer) -> bool:
    """Without a picture. Sources that say nothing about codecs mostly have one."""
    return _has(offer.audio_codec) and not _has(offer.video_codec)


def _has(codec: str) -> bool:
    return codec not in {"", "none"}


def _best_video(preset: Preset, offers: tuple[FormatOffer, ...]) -> FormatOffer | None:
    fitting = [
        offer
        for offer in offers
        if not _is_sound(offer)
        and (preset.max_height is None or (offer.height or 0) <= preset.max_height)
    ]
    return max(fitting, key=lambda offer: (offer.height or 0, offer.bitrate or 0), default=None)


def _best_audio(preset: Preset, offers: tuple[FormatOffer, ...]) -> FormatOffer | None:
    limit = (preset.audio_kbit_s or 0) * 1500
    alone = [
        offer
        for offer in offers
        if _is_sound(offer) and (not limit or (offer.bitrate or 0) <= limit)
    ]
    return max(alone, key=lambda offer: offer.bitrate or 0, default=None)


def _hint(offer: FormatOffer) -> str:
    facts = [f"{offer.height}p" if offer.height else "", offer.container.upper()]
    return ", ".join(fact for fact in facts if fact)


def preset_label(name: str) -> str:
    """A preset in words."""
    return {
        "video_max": _("Best video"),
        "video_1080": _("Full HD, up to 1080p"),
        "video_med": _("HD, up to 720p"),
        "video_low": _("Small, up to 480p"),
        "audio_max": _("Best audio"),
        "audio_med": _("Audio, 128 kbit/s"),
        "audio_low": _("Audio, 64 kbit/s"),
    }[name]


def preset_words(name: str) -> str:
    """A preset in words; a format that only its source knows keeps the name it has there."""
    return preset_label(name) if name in PRESETS else name
