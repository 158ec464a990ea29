"""Rules in plain words."""

from django.utils.translation import gettext as _

from imports.models import Rule


def condition_words(rule: Rule) -> list[str]:
    """What has to be so for the rule to speak."""
    return [_words(name, value, rule) for name, value in rule.conditions.items()]


def _words(name: str, value: str, rule: Rule) -> str:
    if name in {"media_kind", "band"}:
        return {
            "video": _("It is a video"),
            "audio": _("It is audio"),
            "short": _("It is under 4 minutes long"),
            "medium": _("It is 4 to 20 minutes long"),
            "long": _("It is over 20 minutes long"),
        }.get(value, value)
    sentences = {
        "channel_id": _("The channel is %(value)s"),
        "uploader": _("The channel or uploader is %(value)s"),
        "platform": _("The site is %(value)s"),
        "tag": _("It has the tag “%(value)s”"),
        "keyword": _("The title holds “%(value)s”"),
    }
    shown = rule.label if name == "channel_id" and rule.label else value
    return sentences[name] % {"value": shown}
