"""How facts read: one sentence, one line of detail, an icon and a tone for each event.

The one table of all rooms. A fact names libraries by their slug; readers hand in the names of those
they may see; every other one, private or gone, stays without a name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from videorama.ledger.models import LedgerEvent, Severity

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DETAIL_LIMIT = 200
_TONES = {Severity.WARNING: "warn", Severity.ERROR: "bad"}


@dataclass(frozen=True)
class Fact:
    """A fact and the names its reader may see."""

    row: LedgerEvent
    libraries: Mapping[str, str]

    @property
    def who(self) -> str:
        """The name of whoever did it."""
        return self.row.user_name or _("Videorama")

    @property
    def data(self) -> dict[str, Any]:
        """What changed."""
        return self.row.data if isinstance(self.row.data, dict) else {}

    def library(self, slug: object) -> str:
        """A library's name, if the reader may know it."""
        return self.libraries.get(str(slug)) or _("another library")

    def says(self, sentence: "StrOrPromise", **names: object) -> str:
        """The sentence with the names in it."""
        return str(sentence) % {"who": self.who, **names}


type Sentence = "StrOrPromise | Callable[[Fact], str]"


@dataclass(frozen=True)
class Words:
    """How the facts of one event read."""

    sentence: Sentence
    icon: str = "info"
    tone: str = ""
    detail: Callable[[Fact], str] | None = None


@dataclass(frozen=True)
class Told:
    """A fact as it reads."""

    fact: LedgerEvent
    sentence: str
    detail: str
    icon: str
    tone: str


def tell(row: LedgerEvent, libraries: Mapping[str, str]) -> Told:
    """The fact in words, in the language of this request."""
    fact, words = Fact(row, libraries), _WORDS.get(row.event)
    if words is None:
        words = Words(lambda fact: f"{fact.who}: {fact.row.event}")
    sentence = words.sentence(fact) if callable(words.sentence) else fact.says(words.sentence)
    detail = words.detail(fact) if words.detail else ""
    tone = _TONES.get(Severity(row.severity), words.tone)
    return Told(row, sentence, detail[:DETAIL_LIMIT], words.icon, tone)


def library_slugs(row: LedgerEvent) -> set[str]:
    """The libraries this fact names."""
    return {one.subject_id for one in row.subjects.all() if one.kind == "library"}


# Sentences that depend on what changed


def _edited(fact: Fact) -> str:
    sentence = _EDITED.get("+".join(sorted(fact.data)))
    return fact.says(sentence or _("%(who)s changed several details"))


_EDITED: dict[str, "StrOrPromise"] = {
    "title": gettext_lazy("%(who)s changed the title"),
    "description": gettext_lazy("%(who)s changed the description"),
    "description+title": gettext_lazy("%(who)s changed title and description"),
    "properties": gettext_lazy("%(who)s changed a property"),
    "subtitles": gettext_lazy("%(who)s changed the subtitles"),
    "poster": gettext_lazy("%(who)s changed the poster"),
    "language": gettext_lazy("%(who)s changed the language"),
}


def _moved(fact: Fact) -> str:
    change = fact.data.get("library")
    if not isinstance(change, dict):
        return fact.says(_("%(who)s moved the files"))
    return fact.says(
        _("%(who)s moved it from %(old)s to %(new)s"),
        old=fact.library(change.get("from")),
        new=fact.library(change.get("to")),
    )


def _marked(fact: Fact) -> str:
    if "rating" in fact.data:
        stars = _to(fact, "rating") or 0
        if not stars:
            return fact.says(_("%(who)s took the rating away"))
        sentence = ngettext(
            "%(who)s rated it with %(stars)d star", "%(who)s rated it with %(stars)d stars", stars
        )
        return fact.says(sentence, stars=stars)
    if _to(fact, "favorite"):
        return fact.says(_("%(who)s made it a favourite"))
    return fact.says(_("%(who)s took it from the favourites"))


def _bulk(fact: Fact) -> str:
    if fact.data.get("undo"):
        return fact.says(_("%(who)s took back a change of several entries"))
    return fact.says(_("%(who)s changed several entries at once"))


def _imported(fact: Fact) -> str:
    if fact.data.get("host"):
        return fact.says(_("%(who)s imported it from %(host)s"), host=fact.data["host"])
    return fact.says(_("%(who)s imported it from a file"))


def _requested(fact: Fact) -> str:
    if fact.data.get("host"):
        return fact.says(_("%(who)s asked for an import from %(host)s"), host=fact.data["host"])
    return fact.says(_("%(who)s asked for an import of a file"))


def _switched(fact: Fact) -> str:
    if fact.data.get("is_on"):
        return fact.says(_("%(who)s switched a rule on"))
    return fact.says(_("%(who)s switched a rule off"))


# Lines of detail


def _to(fact: Fact, name: str) -> Any:
    change = fact.data.get(name)
    return change.get("to") if isinstance(change, dict) else change


def _value(name: str) -> Callable[[Fact], str]:
    """One of the values that stand in the fact."""
    return lambda fact: str(fact.data.get(name) or "")


def _change(fact: Fact) -> str:
    """What became of what, where one short thing changed."""
    changes = dict(fact.data)
    if isinstance(inner := changes.get("properties"), dict) and len(changes) == 1:
        changes = inner
    if len(changes) != 1 or not isinstance(change := next(iter(changes.values())), dict):
        return ""
    old, new = change.get("from"), change.get("to")
    if any(isinstance(one, (dict, list, bool)) for one in (old, new)) or "description" in changes:
        return ""
    if old in (None, ""):
        return _("“%(new)s”") % {"new": new} if new not in (None, "") else ""
    if new in (None, ""):
        return _("“%(old)s” was removed") % {"old": old}
    return _("“%(old)s” became “%(new)s”") % {"old": old, "new": new}


def _tags(fact: Fact) -> str:
    names = {key: ", ".join(map(str, fact.data.get(key) or ())) for key in ("add", "remove")}
    if names["add"] and names["remove"]:
        return _("Added: %(add)s. Removed: %(remove)s.") % names
    if names["add"]:
        return _("Added: %(add)s.") % names
    return _("Removed: %(remove)s.") % names if names["remove"] else ""


def _named_libraries(fact: Fact) -> str:
    return ", ".join(fact.library(slug) for slug in sorted(library_slugs(fact.row)))


def _keys(fact: Fact) -> str:
    return ", ".join(sorted(fact.data))


_WORDS: dict[str, Words] = {
    "entry.imported": Words(_imported, "import", "good", _named_libraries),
    "entry.edited": Words(_edited, "edit", detail=_change),
    "entry.tagged": Words(gettext_lazy("%(who)s changed the tags"), "tag", detail=_tags),
    "entry.moved": Words(_moved, "folder"),
    "entry.marked": Words(_marked, "star"),
    "entry.refresh_requested": Words(gettext_lazy("%(who)s asked the source again"), "retry"),
    "entry.refreshed": Words(gettext_lazy("New details came from the source"), "retry"),
    "entry.trashed": Words(gettext_lazy("%(who)s deleted it"), "trash", "warn", _value("title")),
    "entry.restored": Words(gettext_lazy("%(who)s restored it"), "retry", "good", _value("title")),
    "entry.deleted": Words(gettext_lazy("%(who)s deleted it for good"), "trash", "warn"),
    "entries.changed": Words(_bulk, "list", detail=_tags),
    "entries.move_requested": Words(gettext_lazy("%(who)s asked to move it"), "folder"),
    "tag.created": Words(gettext_lazy("%(who)s made a tag"), "tag", detail=_value("name")),
    "tag.edited": Words(gettext_lazy("%(who)s changed a tag"), "tag"),
    "tag.merged": Words(gettext_lazy("%(who)s merged tags"), "tag", detail=_value("to")),
    "tag.deleted": Words(gettext_lazy("%(who)s deleted a tag"), "tag", "warn", _value("name")),
    "import.requested": Words(_requested, "import", detail=_value("filename")),
    "upload.created": Words(
        gettext_lazy("%(who)s began an upload"), "upload", detail=_value("filename")
    ),
    "upload.cancelled": Words(
        gettext_lazy("%(who)s cancelled an upload"), "x", detail=_value("filename")
    ),
    "inbox.waiting": Words(gettext_lazy("It waits in the inbox for a decision"), "inbox", "info"),
    "inbox.approved": Words(gettext_lazy("%(who)s approved it in the inbox"), "check", "good"),
    "inbox.rejected": Words(gettext_lazy("%(who)s rejected it in the inbox"), "x", "warn"),
    "inbox.edited": Words(gettext_lazy("%(who)s edited it in the inbox"), "edit"),
    "inbox.reopened": Words(gettext_lazy("%(who)s brought it back into the inbox"), "inbox"),
    "rule.created": Words(gettext_lazy("%(who)s made a rule"), "filter"),
    "rule.switched": Words(_switched, "filter"),
    "rule.deleted": Words(gettext_lazy("%(who)s removed a rule"), "filter", "warn"),
    "job.cancelled": Words(gettext_lazy("%(who)s cancelled a job"), "stop", detail=_value("title")),
    "job.retried": Words(gettext_lazy("%(who)s repeated a job"), "retry", detail=_value("title")),
    "job.deleted": Words(gettext_lazy("%(who)s removed a job"), "trash", detail=_value("title")),
    "job.failed": Words(gettext_lazy("A job failed"), "error", detail=_value("reason")),
    "job.finished_in_part": Words(
        gettext_lazy("A job could do only a part"), "warn", detail=_value("reason")
    ),
    "library.created": Words(
        gettext_lazy("%(who)s made a library"), "library", "good", _named_libraries
    ),
    "library.edited": Words(
        gettext_lazy("%(who)s changed a library"), "library", detail=_named_libraries
    ),
    "library.deleted": Words(
        gettext_lazy("%(who)s deleted a library"), "library", "warn", _value("name")
    ),
    "library.relocated": Words(
        gettext_lazy("%(who)s gave a library another folder"), "folder", detail=_named_libraries
    ),
    "library.reorganized": Words(
        gettext_lazy("%(who)s asked to re-organise a library"), "folder", detail=_named_libraries
    ),
    "library.owner_set": Words(
        gettext_lazy("%(who)s gave a library to somebody else"), "user", detail=_named_libraries
    ),
    "library.member_set": Words(
        gettext_lazy("%(who)s set a member of a library"), "user", detail=_named_libraries
    ),
    "library.member_removed": Words(
        gettext_lazy("%(who)s removed a member of a library"), "user", detail=_named_libraries
    ),
    "server.set_up": Words(gettext_lazy("%(who)s set up the server"), "server", "good"),
    "user.created": Words(gettext_lazy("%(who)s has an account"), "user"),
    "user.registered": Words(gettext_lazy("%(who)s registered"), "user"),
    "user.invited": Words(gettext_lazy("%(who)s invited somebody"), "user", detail=_value("label")),
    "user.signed_in": Words(gettext_lazy("%(who)s signed in"), "user"),
    "user.signed_out": Words(gettext_lazy("%(who)s signed out"), "logout"),
    "user.signed_out_elsewhere": Words(gettext_lazy("%(who)s ended all other sessions"), "logout"),
    "user.sign_in_failed": Words(
        gettext_lazy("Somebody failed to sign in"), "shield", detail=_value("username")
    ),
    "user.password_changed": Words(gettext_lazy("%(who)s changed the password"), "lock"),
    "user.reset": Words(gettext_lazy("%(who)s made a link for a new password"), "lock"),
    "user.edited": Words(gettext_lazy("%(who)s changed the own account"), "user", detail=_keys),
    "user.notifications_chosen": Words(
        gettext_lazy("%(who)s chose what to be told by mail"), "bell"
    ),
    "user.role_set": Words(gettext_lazy("%(who)s changed a role"), "user", detail=_change),
    "user.deactivated": Words(gettext_lazy("%(who)s deactivated an account"), "user", "warn"),
    "user.deleted": Words(
        gettext_lazy("%(who)s deleted an account"), "user", "warn", _value("username")
    ),
    "user.reactivated": Words(gettext_lazy("%(who)s activated an account again"), "user"),
    "invite.accepted": Words(gettext_lazy("%(who)s accepted an invitation"), "user", "good"),
    "invite.revoked": Words(gettext_lazy("%(who)s took back an invitation"), "user"),
    "token.created": Words(gettext_lazy("%(who)s made a token"), "lock", detail=_value("name")),
    "token.revoked": Words(gettext_lazy("%(who)s revoked a token"), "lock", detail=_value("name")),
    "setting.changed": Words(gettext_lazy("%(who)s changed settings"), "settings", detail=_keys),
    "backup.requested": Words(gettext_lazy("%(who)s asked for a backup"), "database"),
    "backup.made": Words(
        gettext_lazy("A backup was made"), "database", "good", detail=_value("file")
    ),
    "backup.downloaded": Words(
        gettext_lazy("%(who)s downloaded a backup"), "download", "warn", detail=_value("file")
    ),
    "backup.restored": Words(
        gettext_lazy("A backup was put back"), "database", "warn", detail=_value("made_at")
    ),
    "setting.rotated": Words(gettext_lazy("%(who)s wrote secrets under a new key"), "lock"),
}


NOUNS = {event.partition(".")[0] for event in _WORDS}


def events() -> list[str]:
    """Every event that has words."""
    return sorted(_WORDS)
