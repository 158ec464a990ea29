"""What a page's socket sends: the same templates that draw the page."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone, translation

from videorama.accounts.models import User
from videorama.jobs import kinds, parts, queries
from videorama.jobs.models import Job
from videorama.jobs.together import Together

_ROWS_ON_CONNECT = 50


class Pen:
    """Draws for many pages in one go; what several of them show, once."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def once[T](self, what: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What was made for this, in the language that is spoken now."""
        key = (translation.get_language(), *what)
        if key not in self._known:
            self._known[key] = make()
        made: T = self._known[key]
        return made

    def job(self, template: str, job: Job, *, oob: bool = True) -> str:
        """A fragment that says the same to everybody who may see the job."""
        return self.once(
            (template, job.pk, oob), lambda: _render(template, {**_of(job), "oob": oob})
        )


class PageView:
    """What one page shows of jobs, and what it has been sent. Runs where the database may be read.

    Each fragment goes out as a message of its own: a table row and a div do not parse side by side.
    """

    def __init__(self, user: User, query_string: bytes) -> None:
        self.user = user
        self._since = timezone.now()
        self._cards: set[int] = set()
        self._seq = 0
        asked = parse_qs(query_string.decode("latin-1")).get("views", [""])[0].split(",")
        # "cards" is every grid, "cards:<id>" the grid of one library.
        self._shelves = [one[6:] for one in asked if one.startswith("cards:")]
        self._has_cards = "cards" in asked or bool(self._shelves)
        self._has_rows = "rows" in asked
        self._job_uuid = next((_uuid(one[4:]) for one in asked if one.startswith("job:")), None)

    def everything(self, pen: Pen) -> list[str]:
        """The frame, every open card, the newest rows, the job with its log."""
        found = ["".join([self._tray(pen), *self._drawn_parts(pen, parts.names())])]
        if self._has_cards:
            open_cards = pen.once(
                ("cards", self._audience), lambda: list(queries.cards_for(self.user))
            )
            found.append(self._card_wrapper(pen, open_cards))
        if self._has_rows:
            found.append(self._rows(pen, pen.once(("newest", self._audience), self._newest)))
        if self._job_uuid:
            found += self._detail(pen, self._job_uuid)
        return [fragment for fragment in found if fragment]

    def changed(self, pen: Pen, job_ids: list[int]) -> list[str]:
        """The tray, and what the page shows of these jobs."""
        jobs = pen.once(
            ("jobs", self._audience, frozenset(job_ids)),
            lambda: list(queries.jobs_for(self.user).filter(pk__in=job_ids).order_by("pk")),
        )
        found = [self._tray(pen)]
        if self._has_cards:
            found += self._changed_cards(pen, jobs)
        if self._has_rows:
            found.append(self._rows(pen, jobs))
        if self._job_uuid and any(job.uuid == self._job_uuid for job in jobs):
            found += self._detail(pen, self._job_uuid)
        return [fragment for fragment in found if fragment]

    def parts(self, pen: Pen, names: list[str]) -> list[str]:
        """These parts of the frame."""
        return self._drawn_parts(pen, names)

    @property
    def _audience(self) -> str | int:
        """Who sees the same jobs: all administrators, and every other person alone."""
        is_everything = self.user.is_admin and self.user.is_active
        return "administrators" if is_everything else self.user.pk

    def _drawn_parts(self, pen: Pen, names: list[str]) -> list[str]:
        drawn_parts = [
            pen.once(("part", name, self.user.pk), partial(parts.render, self.user, [name]))
            for name in names
        ]
        return [fragment for fragments in drawn_parts for fragment in fragments]

    def _newest(self) -> list[Job]:
        newest = queries.jobs_for(self.user).order_by("-created_at", "-pk")
        return list(newest[:_ROWS_ON_CONNECT])

    def _tray(self, pen: Pen) -> str:
        return pen.once(
            ("tray", self._audience), lambda: _render("jobs/_tray.html", queries.tray(self.user))
        )

    def _rows(self, pen: Pen, jobs: list[Job]) -> str:
        return "".join(pen.job("jobs/_row.html", job) for job in jobs)

    def _changed_cards(self, pen: Pen, jobs: list[Job]) -> list[str]:
        """Cards the page has are replaced; new ones go first. One that ended before the page was
        made has become an entry and stays away."""
        jobs = [job for job in jobs if (kind := kinds.find(job.kind)) and kind.card]
        known = [job for job in jobs if job.pk in self._cards]
        new = [job for job in jobs if job.pk not in self._cards]
        new = [job for job in new if job.is_open or job.created_at >= self._since]
        found = [pen.job(kinds.get(job.kind).card, job) for job in known]
        return [*found, self._card_wrapper(pen, list(reversed(new)))]

    def _card_wrapper(self, pen: Pen, jobs: list[Job]) -> str:
        """Cards for the head of the grid; sent oldest first, as each goes on top of the others."""
        if self._shelves:
            jobs = [job for job in jobs if job.library in {"", *self._shelves}]
        self._cards.update(job.pk for job in jobs)
        cards = "".join(pen.job(kinds.get(job.kind).card, job, oob=False) for job in reversed(jobs))
        return f'<div hx-swap-oob="afterbegin:#importing">{cards}</div>' if cards else ""

    def _detail(self, pen: Pen, uuid: UUID) -> list[str]:
        job = pen.once(
            ("job", self._audience, uuid),
            lambda: queries.jobs_for(self.user).filter(uuid=uuid).select_related("owner").first(),
        )
        if job is None:
            return []
        fragments = [pen.once(("detail", self.user.pk, uuid), lambda: self._detail_of(job))]
        # The page has the newest lines; what it has is replaced by number, what it lacks is added.
        last, text = pen.once(("lines", uuid, self._seq), lambda: _lines(job, self._seq))
        if text:
            self._seq = last
            fragments.append(text)
        return fragments

    def _detail_of(self, job: Job) -> str:
        more = {
            "stages": queries.stage_view(job),
            "facts": kinds.facts_of(job, self.user),
            "is_admin": self.user.is_admin,
        }
        return _render("jobs/_detail.html", {**_of(job), **more})


def _lines(job: Job, seq: int) -> tuple[int, str]:
    """The lines above the number, or the newest; the number of the last, and how they look."""
    lines = queries.log_lines(job, seq) if seq else queries.last_lines(job)
    if not lines:
        return seq, ""
    return lines[-1].seq, _render("jobs/_lines.html", {**_of(job), "lines": lines})


def _of(job: Job) -> dict[str, Any]:
    return {"job": job, "kind": kinds.kind_of(job)}


def _render(template: str, context: dict[str, Any]) -> str:
    # Without a CSRF token: the forms inside are sent by htmx, which adds it as a header.
    return render_to_string(template, {"oob": True, **context}).strip()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


type _Wish = tuple[str, Callable[[Pen], list[str]]]


def _draw_all(wishes: Sequence[_Wish]) -> list[list[str] | Exception]:
    """Each in its language; one that cannot be drawn spoils no other."""
    pen = Pen()
    return [_drawn(pen, *wish) for wish in wishes]


def _drawn(pen: Pen, language: str, draw: Callable[[Pen], list[str]]) -> list[str] | Exception:
    try:
        with translation.override(language):
            return draw(pen)
    except Exception as error:
        # The door of this page: it comes back and gets everything anew.
        return error


# What the pages behind all sockets show, asked for with their language.
drawn: Together[_Wish, list[str]] = Together(_draw_all)
