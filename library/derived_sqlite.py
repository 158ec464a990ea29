"""Tables and triggers of library/derived.py for SQLite."""

_LIVE = "{row}.deleted_at IS NULL"
_MS = "CAST(ROUND(COALESCE({row}.duration_s, 0) * 1000) AS INTEGER)"
_ORIGINAL = "{row}.role = 'original' AND {row}.is_live"
_WORDS = "title, description, uploader"

TABLES = (
    "DROP TABLE IF EXISTS librarytally",
    "CREATE TABLE librarytally (id INTEGER PRIMARY KEY, library_id INTEGER NOT NULL UNIQUE, "
    "entries INTEGER NOT NULL, duration_ms INTEGER NOT NULL, size_bytes INTEGER NOT NULL)",
    "DROP TABLE IF EXISTS entrydoc",
    f"CREATE VIRTUAL TABLE entrydoc USING fts5({_WORDS}, content='library_entry', "
    "content_rowid='id', prefix='2 3', tokenize='unicode61 remove_diacritics 2')",
)
FILL = (
    "DELETE FROM librarytally",
    "INSERT INTO librarytally (library_id, entries, duration_ms, size_bytes) SELECT id, "
    "(SELECT COUNT(*) FROM library_entry e WHERE e.library_id = l.id AND "
    f"{_LIVE.format(row='e')}), "
    f"(SELECT COALESCE(SUM({_MS.format(row='e')}), 0) FROM library_entry e "
    f"WHERE e.library_id = l.id AND {_LIVE.format(row='e')}), "
    "(SELECT COALESCE(SUM(f.size_bytes), 0) FROM library_entryfile f "
    f"WHERE f.library_id = l.id AND {_ORIGINAL.format(row='f')}) FROM library_library l",
    "INSERT INTO entrydoc(entrydoc) VALUES ('rebuild')",
)


def _trigger(name: str, table: str, when: str, *body: str) -> tuple[str, str, tuple[str, ...]]:
    text = f"CREATE TRIGGER {name} {when} BEGIN {'; '.join(body)}; END"
    return name, table, (text,)


def _entries(row: str, sign: str) -> str:
    return (
        f"UPDATE librarytally SET entries = entries {sign} 1, "
        f"duration_ms = duration_ms {sign} {_MS.format(row=row)} "
        f"WHERE library_id = {row}.library_id AND {_LIVE.format(row=row)}"
    )


def _bytes(row: str, sign: str) -> str:
    return (
        f"UPDATE librarytally SET size_bytes = size_bytes {sign} {row}.size_bytes "
        f"WHERE library_id = {row}.library_id AND {_ORIGINAL.format(row=row)}"
    )


_OLD_WORDS = (
    f"INSERT INTO entrydoc(entrydoc, rowid, {_WORDS}) "
    "VALUES ('delete', OLD.id, OLD.title, OLD.description, OLD.uploader)"
)
_NEW_WORDS = (
    f"INSERT INTO entrydoc(rowid, {_WORDS}) "
    "VALUES (NEW.id, NEW.title, NEW.description, NEW.uploader)"
)

# Rows that appear with INSERT OR REPLACE fire no trigger for the ones they replace; nothing here
# writes entries that way.
TRIGGERS = (
    _trigger(
        "tally_new_library",
        "library_library",
        "AFTER INSERT ON library_library",
        "INSERT OR IGNORE INTO librarytally (library_id, entries, duration_ms, size_bytes) "
        "VALUES (NEW.id, 0, 0, 0)",
    ),
    _trigger(
        "tally_old_library",
        "library_library",
        "AFTER DELETE ON library_library",
        "DELETE FROM librarytally WHERE library_id = OLD.id",
    ),
    _trigger(
        "tally_new_entry", "library_entry", "AFTER INSERT ON library_entry", _entries("NEW", "+")
    ),
    _trigger(
        "tally_old_entry", "library_entry", "AFTER DELETE ON library_entry", _entries("OLD", "-")
    ),
    _trigger(
        "tally_entry",
        "library_entry",
        "AFTER UPDATE OF library_id, deleted_at, duration_s ON library_entry",
        _entries("OLD", "-"),
        _entries("NEW", "+"),
    ),
    _trigger(
        "tally_new_file",
        "library_entryfile",
        "AFTER INSERT ON library_entryfile",
        _bytes("NEW", "+"),
    ),
    _trigger(
        "tally_old_file",
        "library_entryfile",
        "AFTER DELETE ON library_entryfile",
        _bytes("OLD", "-"),
    ),
    _trigger(
        "tally_file",
        "library_entryfile",
        "AFTER UPDATE OF library_id, role, is_live, size_bytes ON library_entryfile",
        _bytes("OLD", "-"),
        _bytes("NEW", "+"),
    ),
    _trigger("words_new_entry", "library_entry", "AFTER INSERT ON library_entry", _NEW_WORDS),
    _trigger("words_old_entry", "library_entry", "AFTER DELETE ON library_entry", _OLD_WORDS),
    _trigger(
        "words_entry",
        "library_entry",
        f"AFTER UPDATE OF {_WORDS} ON library_entry WHEN OLD.title IS NOT NEW.title "
        "OR OLD.description IS NOT NEW.description OR OLD.uploader IS NOT NEW.uploader",
        _OLD_WORDS,
        _NEW_WORDS,
    ),
)
