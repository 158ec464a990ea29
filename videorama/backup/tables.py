"""Which tables a backup carries, in which order, and how one row is written as JSON."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps as present
from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.migrations.executor import MigrationExecutor

type Row = list[Any]
type Fields = list[models.Field[Any, Any]]

# What would let somebody in who finds the file, or who came in by it once already. People sign in
# anew and ask for a new link. Nothing else is left out: jobs go on, half an upload goes on, too.
LEFT_OUT: Mapping[str, str] = {
    "accounts.session": "signed-in browsers",
    "accounts.passwordreset": "links for a new password",
    "sessions.session": "signed-in browsers",
}
_CHUNK = 2_000


def carried(registry: Apps) -> list[type[models.Model]]:
    """Models in an order in which every row follows those it points to, as far as there is one."""
    found: dict[str, type[models.Model]] = {}
    known = {
        one._meta.label_lower: one
        for one in registry.get_models(include_auto_created=True)
        if one._meta.managed and not one._meta.proxy and one._meta.label_lower not in LEFT_OUT
    }

    def add(label: str, above: frozenset[str]) -> None:
        for field in known[label]._meta.concrete_fields:
            target = field.remote_field.model._meta.label_lower if field.remote_field else ""
            if target in known and target not in found and target not in above:
                add(target, above | {target})
        found[label] = known[label]

    for label in sorted(known):
        if label not in found:
            add(label, frozenset({label}))
    return list(found.values())


def fields_of(model: type[models.Model]) -> Fields:
    """The columns that are written, by name; what the database works out itself is not.

    Models of an earlier state have their fields in another order than those of today.
    """
    fields = (one for one in model._meta.concrete_fields if not one.generated)
    return sorted(fields, key=lambda one: one.attname)


def rows_of(model: type[models.Model], using: str) -> Iterator[Row]:
    """Every row, in constant memory."""
    columns = [one.attname for one in fields_of(model)]
    rows = model._base_manager.using(using).order_by("pk").values_list(*columns)
    for row in rows.iterator(chunk_size=_CHUNK):
        yield list(row)


def count_of(model: type[models.Model], using: str) -> int:
    """How many rows there are."""
    return model._base_manager.using(using).count()


def plain(value: object) -> str:
    """What JSON has no form for, as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in a backup")


def prepared(fields: Fields, row: Row, using: str) -> tuple[Any, ...]:
    """The row as this database wants it; ValueError for what fits no column."""
    connection = connections[using]
    try:
        return tuple(
            field.get_db_prep_save(field.to_python(value), connection)
            for field, value in zip(fields, row, strict=True)
        )
    except ValidationError as error:
        raise ValueError(str(error)) from None


def named(model: type[models.Model], columns: list[str]) -> Fields:
    """The fields of these columns; ValueError when they are not the columns of this model."""
    by_name = {one.attname: one for one in fields_of(model)}
    if sorted(by_name) != sorted(columns):
        raise ValueError(f"{model._meta.label_lower} has other columns")
    return [by_name[name] for name in columns]


def is_current(using: str) -> bool:
    """Every migration this program knows is applied."""
    executor = MigrationExecutor(connections[using])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def as_migrated(using: str) -> Apps:
    """The models as the tables are now, also before an upgrade has migrated them."""
    if is_current(using):
        return present
    loader = MigrationExecutor(connections[using]).loader
    nodes = [one for one in loader.graph.nodes if one in loader.applied_migrations]
    return loader.project_state(nodes).apps


def find(registry: Apps, label: str) -> type[models.Model] | None:
    """The model of this label."""
    try:
        return registry.get_model(label)
    except (LookupError, ValueError):
        return None
