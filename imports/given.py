"""What a person says about an item in the inbox, on top of what the source said."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.utils.translation import gettext as _

from imports.enrichment.metadata import MAX_TITLE, plain
from library.services import NewEntry
from videorama.errors import Invalid

MAX_TAGS = 50
MAX_PROPERTIES = 50
MAX_SUBFOLDER = 300
MAX_VALUE = 2_000


@dataclass(frozen=True)
class Given:
    """Fields a person set; None leaves what is known."""

    title: str | None = None
    subfolder: str | None = None
    tags: tuple[str, ...] | None = None
    properties: Mapping[str, str] | None = None
    language: str | None = None
    # How sure they are; what is filed keeps that instead of what was proposed.
    confidence: float | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `document` wrote."""
        tags = document.get("tags")
        return cls(**{**document, "tags": None if tags is None else tuple(tags)})

    def document(self) -> dict[str, Any]:
        """Plain JSON of what was set."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def checked(self) -> "Given":
        """The same in clean spelling; raises Invalid that names the field."""
        title = None if self.title is None else plain(self.title)
        if title is not None and not 1 <= len(title) <= MAX_TITLE:
            raise _invalid("title", _("A title has 1 to 500 characters."))
        subfolder = None if self.subfolder is None else plain(self.subfolder).strip("/")
        if subfolder is not None and len(subfolder) > MAX_SUBFOLDER:
            raise _invalid("subfolder", _("This folder name is too long."))
        if subfolder and any(step.strip() in {"", ".", ".."} for step in subfolder.split("/")):
            raise _invalid("subfolder", _("A folder name may not be empty, “.” or “..”."))
        tags = None if self.tags is None else _tags(self.tags)
        properties = None if self.properties is None else _properties(self.properties)
        language = None if self.language is None else plain(self.language)[:35]
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise Invalid(details={"field": "confidence"})
        return Given(title, subfolder, tags, properties, language, self.confidence)

    def over(self, new: NewEntry) -> NewEntry:
        """The entry with what was set; a person's words are marked as such."""
        changes: dict[str, Any] = {}
        edited = []
        if self.title is not None and self.title != new.title:
            changes["title"] = self.title
            edited.append("title")
        if self.language is not None and self.language != new.language:
            changes["language"] = self.language
            edited.append("language")
        if self.subfolder is not None:
            changes["subfolder"] = self.subfolder
        if self.tags is not None:
            said = {tag.casefold() for tag in new.tags}
            kept = {tag.casefold() for tag in self.tags}
            changes["tags"] = tuple(tag for tag in new.tags if tag.casefold() in kept)
            changes["given_tags"] = tuple(tag for tag in self.tags if tag.casefold() not in said)
        if self.properties is not None:
            changes["properties"] = {
                key: value
                for key, value in new.properties.items()
                if self.properties.get(key) == value
            }
            changes["given_properties"] = {
                key: value
                for key, value in self.properties.items()
                if new.properties.get(key) != value
            }
        return replace_fields(new, {**changes, "edited_fields": tuple(edited)})


def replace_fields(new: NewEntry, changes: Mapping[str, Any]) -> NewEntry:
    """The entry with other values."""
    return NewEntry(**{**vars(new), **changes})


def _tags(words: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for word in words:
        tag = " ".join(plain(word).lstrip("#").split())
        if len(tag) > 100:
            raise _invalid("tags", _("A tag has at most 100 characters."))
        if tag:
            found.setdefault(tag.casefold(), tag)
    if len(found) > MAX_TAGS:
        raise _invalid("tags", _("An entry has at most 50 tags."))
    return tuple(found.values())


def _properties(values: Mapping[str, str]) -> dict[str, str]:
    found = {plain(key): plain(value) for key, value in values.items()}
    found = {key: value for key, value in found.items() if key and value}
    if len(found) > MAX_PROPERTIES or any(len(key) > 60 for key in found):
        raise _invalid("properties", _("At most 50 properties, each with a name of 60 characters."))
    if any(len(value) > MAX_VALUE for value in found.values()):
        raise _invalid("properties", _("A property has at most 2,000 characters."))
    return found


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, details={"field": field})
