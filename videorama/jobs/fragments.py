"""What a page's socket sends: the same templates that draw the page."""

from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone

from videorama.accounts.models import User
from videorama.jobs import kinds, parts, queries
from videorama.jobs.models import Job

_ROWS_ON_CONNECT = 50


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

    def everything(self) -> list[str]:
        """The frame, every open card, the newest rows, the job with its log."""
        found = ["".join([self._tray(), *parts.render(self.user)])]
        if self._has_cards:
            found.append(self._card_wrapper(list(queries.cards_for(self.user))))
        if self._has_rows:
            newest = queries.jobs_for(self.user).order_by("-created_at", "-pk")[:_ROWS_ON_CONNECT]
            found.append(self._rows(list(newest)))
        if self._job_uuid:
            found += self._detail(queries.jobs_for(self.user).filter(uuid=self._job_uuid))
        return [fragment for fragment in found if fragment]

    def changed(self, job_ids: list[int]) -> list[str]:
        """The tray, and what the page shows of these jobs."""
        mine = queries.jobs_for(self.user).filter(pk__in=job_ids)
        jobs = list(mine.order_by("pk"))
        found = [self._tray()]
        if self._has_cards:
            found += self._changed_cards(jobs)
        if self._has_rows:
            found.append(self._rows(jobs))
        if self._job_uuid:
            found += self._detail(mine.filter(uuid=self._job_uuid))
        return [fragment for fragment in found if fragment]

    def _tray(self) -> str:
        return _render("jobs/_tray.html", queries.tray(self.user))

    def _rows(self, jobs: list[Job]) -> str:
        return "".join(_render("jobs/_row.html", _of(job)) for job in jobs)

    def _changed_cards(self, jobs: list[Job]) -> list[str]:
        """Cards the page has are replaced; new ones go first. One that ended before the page was
        made has become an entry and stays away."""
        jobs = [job for job in jobs if (kind := kinds.find(job.kind)) and kind.card]
        known = [job for job in jobs if job.pk in self._cards]
        new = [job for job in jobs if job.pk not in self._cards]
        new = [job for job in new if job.is_open or job.created_at >= self._since]
        found = [_render(kinds.get(job.kind).card, _of(job)) for job in known]
        return [*found, self._card_wrapper(list(reversed(new)))]

    def _card_wrapper(self, jobs: list[Job]) -> str:
        """Cards for the head of the grid; sent oldest first, as each goes on top of the others."""
        if self._shelves:
            jobs = [job for job in jobs if job.library in {"", *self._shelves}]
        self._cards.update(job.pk for job in jobs)
        cards = "".join(
            _render(kinds.get(job.kind).card, {**_of(job), "oob": False}) for job in reversed(jobs)
        )
        return f'<div hx-swap-oob="afterbegin:#importing">{cards}</div>' if cards else ""

    def _detail(self, found: Any) -> list[str]:
        job = found.select_related("owner").first()
        if job is None:
            return []
        more = {
            "stages": queries.stage_view(job),
            "facts": kinds.facts_of(job, self.user),
            "is_admin": self.user.is_admin,
        }
        fragments = [_render("jobs/_detail.html", {**_of(job), **more})]
        # The page has the newest lines; what it has is replaced by number, what it lacks is added.
        lines = queries.log_lines(job, self._seq) if self._seq else queries.last_lines(job)
        if lines:
            self._seq = lines[-1].seq
            fragments.append(_render("jobs/_lines.html", {**_of(job), "lines": lines}))
        return fragments


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
