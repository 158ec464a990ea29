"""Putting a backup back: all of it in one transaction, so that a kill leaves what was there.

An archive of this version is loaded into the tables as they are. An older one needs the tables of
its time: they are made anew at its state, filled, and migrated, still inside the transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from django.apps import apps as present
from django.apps.registry import Apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal
from django.db import DatabaseError, connection, connections, models, transaction
from django.db.migrations.exceptions import NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from videorama.backup import media, tables
from videorama.backup.archive import FORMAT, MEDIA, Archive, Manifest, Table
from videorama.backup.errors import Damaged, DoesNotFit, InUse, NotEmpty, TooNew
from videorama.jobs import lock
from videorama.jobs import services as jobs
from videorama.ledger import services as ledger
from videorama.preferences import queries as preferences
from videorama.preferences import services as secrets

_USING = "default"
_BATCH = 500
_PATIENCE_S = 2.0
# Made by `migrate`, or the end of an empty chain: no data.
_OWN = {"contenttypes.contenttype", "auth.permission", "ledger.ledgerhead"}

type Say = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What came back; `unreadable` are the settings whose secrets no known key opens."""

    manifest: Manifest
    unreadable: list[str] = field(default_factory=list)
    rewritten: int = 0


def restore(path: Path, *, replace: bool = False, say: Say = lambda line: None) -> Restored:
    """Replaces everything in the database by the archive, or changes nothing at all.

    Damaged, TooNew and NotEmpty before anything is touched; InUse while some other process works
    on the data; DoesNotFit when the database refuses a row.
    """
    archive = Archive(path)
    check_version(archive.manifest)
    say(_("Reading all of the backup once …"))
    manifest = archive.check()
    with _alone():
        if not replace and holds_data():
            raise NotEmpty
        is_older = _is_older(manifest)
        if not is_older and not tables.is_current(_USING):
            call_command("migrate", interactive=False, verbosity=0)
        say(_("Restoring %(rows)s rows …") % {"rows": manifest.rows})
        with _tables_may_change() if is_older else nullcontext():
            rewritten = _replace(archive, is_older=is_older)
    return Restored(manifest, unreadable_settings(), rewritten)


def check_version(manifest: Manifest) -> None:
    """TooNew for what this program cannot know."""
    if manifest.format > FORMAT or manifest.applied - _known():
        raise TooNew(
            _("Videorama %(theirs)s made this backup; this is %(ours)s. Install the newer one.")
            % {"theirs": manifest.version, "ours": settings.VERSION}
        )


def holds_data() -> bool:
    """Somebody or something is in the database."""
    existing = set(connection.introspection.table_names())
    return any(
        model._meta.db_table in existing and _has_rows(model)
        for model in tables.carried(tables.as_migrated(_USING))
        if model._meta.label_lower not in _OWN
    )


def media_differences(
    archive: Archive, *, hashes: bool, check: Callable[[], None] = lambda: None
) -> Iterator[media.Difference]:
    """What of the media on this disk is not as the archive says."""
    return media.differences(archive.rows(MEDIA), hashes=hashes, check=check)


def unreadable_settings() -> list[str]:
    """Secrets that have to be entered again."""
    return preferences.unreadable()


def _has_rows(model: type[models.Model]) -> bool:
    return model._base_manager.using(_USING).values_list("pk").order_by()[:1].exists()


def _is_older(manifest: Manifest) -> bool:
    """This program knows migrations that the archive was made without."""
    return bool(_known() - manifest.applied)


def _known() -> set[tuple[str, str]]:
    """The migrations this program has."""
    return set(MigrationExecutor(connection).loader.disk_migrations or ())


@contextmanager
def _alone() -> Iterator[None]:
    """No other process of Videorama is at work on this database, nor on this data folder."""
    try:
        with lock.hold():
            if connection.vendor == "postgresql":
                _wait_for_others()
            yield
    except lock.AlreadyRunning:
        raise InUse from None


def _wait_for_others() -> None:
    """What has just ended is seen for a moment longer; connections of our own are let go of."""
    connections.close_all()
    close_pool = getattr(connection, "close_pool", None)
    if close_pool is not None:
        close_pool()
    end = monotonic() + _PATIENCE_S
    while _others():
        if monotonic() > end:
            raise InUse
        sleep(0.1)


def _others() -> int:
    """Connections of other processes of Videorama; they carry its name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND (application_name LIKE 'videorama%%' "
            # The address may name it otherwise.
            "OR application_name = current_setting('application_name'))"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def _tables_may_change() -> Iterator[None]:
    """SQLite changes tables only while it does not watch keys, which is said before BEGIN."""
    connection.disable_constraint_checking()
    try:
        yield
    finally:
        connection.enable_constraint_checking()


def _replace(archive: Archive, *, is_older: bool) -> int:
    try:
        with transaction.atomic(), ledger.rewriting():
            registry = _rebuild(archive.manifest) if is_older else _emptied()
            _load(archive, registry)
            connection.check_constraints()
            if is_older:
                _bring_up()
            _check_ledger(archive.manifest)
            rewritten = secrets.rotate(also=archive.keys())[0] if archive.manifest.has_key else 0
            jobs.recover()
            _tell(archive.manifest)
    except DatabaseError as error:
        line = str(error).strip().partition("\n")[0]
        raise DoesNotFit(
            _("This database does not take the backup: %(reason)s") % {"reason": line}
        ) from error
    return rewritten


def _emptied() -> Apps:
    """No row anywhere; triggers of the ledger are off."""
    every = connection.introspection.django_table_names(only_existing=True, include_views=False)
    flush = connection.ops.sql_flush(no_style(), every, reset_sequences=True, allow_cascade=False)
    with connection.cursor() as cursor:
        for statement in flush:
            cursor.execute(statement)
    return present


def _rebuild(manifest: Manifest) -> Apps:
    """The tables as they were when the archive was made, empty."""
    labels = {one.label for one in present.get_app_configs()}
    ours = [
        name
        for name in connection.introspection.table_names()
        if name == "django_migrations" or name.partition("_")[0] in labels or _is_django(name)
    ]
    with connection.cursor() as cursor:
        cascade = " CASCADE" if connection.vendor == "postgresql" else ""
        for name in ours:
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}{cascade}")
    executor = MigrationExecutor(connection)
    given = manifest.applied
    graph = executor.loader.graph
    try:
        ends = [
            one
            for one in given
            if not any(
                child.key in given and child.key[0] == one[0]
                for child in graph.node_map[one].children
            )
        ]
        state = executor.migrate(sorted(ends))
    except (KeyError, NodeNotFoundError) as error:
        raise DoesNotFit(
            _("Restore with Videorama %(version)s: this one cannot make the tables of that time.")
            % {"version": manifest.version},
            technical=str(error),
        ) from None
    return state.apps


def _is_django(name: str) -> bool:
    return name in {"django_admin_log", "django_content_type", "django_session"}


def _bring_up() -> None:
    """From the state of the archive to that of this program."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    emit_post_migrate_signal(verbosity=0, interactive=False, db=_USING)


def _load(archive: Archive, registry: Apps) -> None:
    wanted = {one.file: one for one in archive.manifest.tables}
    if {one.name for one in wanted.values()} != _labels(registry):
        raise Damaged(technical="not the tables of this state")
    loaded = []
    for name, rows in archive.parts():
        table = wanted.get(name)
        if table is None:
            for _row in rows:
                pass
            continue
        model = tables.find(registry, table.name)
        if model is None or model in loaded:
            raise Damaged(technical=f"no table {table.name}")
        try:
            _insert(model, table, rows)
        except (ValueError, TypeError) as error:
            raise Damaged(technical=f"{table.name}: {error}"[:500]) from error
        loaded.append(model)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), loaded):
            cursor.execute(statement)


def _labels(registry: Apps) -> set[str]:
    return {model._meta.label_lower for model in tables.carried(registry)}


def _insert(model: type[models.Model], table: Table, rows: Iterator[Any]) -> None:
    fields = tables.named(model, table.columns)
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(one.column)) for one in fields)
    marks = ", ".join("%s" for _one in fields)
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})"
    with connection.cursor() as cursor:
        for some in batched(rows, _BATCH):
            cursor.executemany(statement, [tables.prepared(fields, row, _USING) for row in some])


def _check_ledger(manifest: Manifest) -> None:
    """Every fact is as it was written, and they end where the archive says."""
    state = ledger.verify()
    if state.problem or f"{state.count}:{state.hash}" != manifest.ledger:
        raise Damaged(
            _("The ledger in this backup is not as it was written: %(problem)s")
            % {"problem": state.problem or _("its end is another one.")}
        )


def _tell(manifest: Manifest) -> None:
    data = {"made_at": manifest.made_at, "version": manifest.version, "rows": manifest.rows}
    ledger.record("backup.restored", data=data)
