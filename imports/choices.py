"""The formats a source can really deliver, in words for people."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from videorama.adapters.media import PRESETS, FormatOffer, Preset, SourceInfo


@dataclass(frozen=True)
class FormatChoice:
    """One preset as a person chooses it; `size_bytes` is the source's own estimate."""

    value: str
    label: str
    hint: str
    size_bytes: int | None


def format_choices(info: SourceInfo) -> list[FormatChoice]:
    """The presets this source can satisfy, best first; two that mean the same file show once."""
    found: list[FormatChoice] = []
    for name in info.presets:
        if name not in PRESETS:
            continue
        choice = _choice(PRESETS[name], info.formats)
        is_same = any(
            other.hint == choice.hint and other.size_bytes == choice.size_bytes for other in found
        )
        if not (is_same and choice.hint):
            found.append(choice)
    return found


def _choice(preset: Preset, offers: tuple[FormatOffer, ...]) -> FormatChoice:
    video = _best_video(preset, offers) if preset.kind == "video" else None
    audio = _best_audio(preset, offers)
    parts = [offer for offer in (video, None if video and video.audio_codec else audio) if offer]
    sizes = [offer.size_bytes for offer in parts]
    return FormatChoice(
        value=preset.name,
        label=_label(preset.name),
        hint=_hint(parts[0]) if parts else "",
        size_bytes=sum(size or 0 for size in sizes) if sizes and all(sizes) else None,
    )


def _best_video(preset: Preset, offers: tuple[FormatOffer, ...]) -> FormatOffer | None:
    fitting = [
        offer
        for offer in offers
        if offer.video_codec
        and (preset.max_height is None or (offer.height or 0) <= preset.max_height)
    ]
    return max(fitting, key=lambda offer: (offer.height or 0, offer.bitrate or 0), default=None)


def _best_audio(preset: Preset, offers: tuple[FormatOffer, ...]) -> FormatOffer | None:
    alone = [offer for offer in offers if offer.audio_codec and not offer.video_codec]
    return max(alone, key=lambda offer: offer.bitrate or 0, default=None)


def _hint(offer: FormatOffer) -> str:
    facts = [f"{offer.height}p" if offer.height else "", offer.container.upper()]
    return ", ".join(fact for fact in facts if fact)


def _label(name: str) -> str:
    return {
        "video_max": _("Best video"),
        "video_1080": _("Full HD, up to 1080p"),
        "video_med": _("HD, up to 720p"),
        "video_low": _("Small, up to 480p"),
        "audio_max": _("Best audio"),
        "audio_med": _("Audio, 128 kbit/s"),
        "audio_low": _("Audio, 64 kbit/s"),
    }[name]
