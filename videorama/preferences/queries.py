"""What is set."""

from typing import Any

from videorama.preferences import registry
from videorama.preferences.models import Setting


def value(key: str) -> Any:
    """The value of a setting: what is stored, else its default."""
    wanted = registry.preference(key)
    found = Setting.objects.filter(key=key).values_list("value", flat=True).first()
    return wanted.default if found is None else found
