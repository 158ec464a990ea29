"""Tables and triggers of library/derived.py for PostgreSQL."""

_LIVE = "deleted_at IS NULL"
_MS = "COALESCE(ROUND(duration_s * 1000), 0)::bigint"
_ORIGINAL = "role = 'original' AND is_live"
_CLEARED = "'[\\u0300-\\u036f]'"
_POINTS = "'[!-/:-@\\[-`{-~\\u2000-\\u206f\\u3000-\\u303f]+'"

# Words without accents, cut at every sign: the parser would keep addresses and file names whole.
_WORDS_FUNCTION = (
    "CREATE OR REPLACE FUNCTION entry_words(given text) RETURNS tsvector LANGUAGE sql IMMUTABLE "
    "AS $$ SELECT to_tsvector('simple', regexp_replace(regexp_replace("
    f"normalize(left(given, 100000), NFKD), {_CLEARED}, '', 'g'), {_POINTS}, ' ', 'g')) $$"
)
_ALL_WORDS = (
    "setweight(entry_words({row}title), 'A') || "
    "entry_words({row}description || ' ' || {row}uploader)"
)

TABLES = (
    "DROP TABLE IF EXISTS librarytally",
    "CREATE TABLE librarytally (id bigserial PRIMARY KEY, library_id bigint NOT NULL, "
    "entries bigint NOT NULL, duration_ms bigint NOT NULL, size_bytes bigint NOT NULL)",
    "CREATE INDEX librarytally_library ON librarytally (library_id)",
    "DROP TABLE IF EXISTS entrydoc",
    "CREATE TABLE entrydoc (rowid bigint PRIMARY KEY, entrydoc tsvector NOT NULL)",
    "CREATE INDEX entrydoc_words ON entrydoc USING gin (entrydoc) WITH (fastupdate = off)",
    _WORDS_FUNCTION,
)
FILL = (
    "DELETE FROM librarytally",
    "INSERT INTO librarytally (library_id, entries, duration_ms, size_bytes) "
    f"SELECT library_id, COUNT(*), SUM({_MS}), 0 FROM library_entry WHERE {_LIVE} "
    "GROUP BY library_id UNION ALL SELECT library_id, 0, 0, SUM(size_bytes) "
    f"FROM library_entryfile WHERE {_ORIGINAL} GROUP BY library_id",
    "DELETE FROM entrydoc",
    f"INSERT INTO entrydoc SELECT id, {_ALL_WORDS.format(row='')} FROM library_entry",
)

# Rows that nobody else is folding become one; each fiftieth statement or so does it.
_FOLD = (
    "IF random() < 0.02 THEN WITH gone AS (DELETE FROM librarytally WHERE id IN ("
    "SELECT id FROM librarytally ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED) RETURNING *) "
    "INSERT INTO librarytally (library_id, entries, duration_ms, size_bytes) SELECT library_id, "
    "SUM(entries), SUM(duration_ms), SUM(size_bytes) FROM gone GROUP BY library_id; END IF;"
)

type Trigger = tuple[str, str, tuple[str, ...]]


def _tally(table: str, verb: str, counted: str, live: str) -> Trigger:
    """After each statement: what its new rows add and its old rows took."""
    name = f"tally_{table.removeprefix('library_')}_{verb.lower()}"
    sides = {"INSERT": ("new",), "DELETE": ("old",), "UPDATE": ("new", "old")}[verb]
    tables = " ".join(f"{side.upper()} TABLE AS {side}_rows" for side in sides)
    signs = {"new": "1", "old": "-1"}
    rows = " UNION ALL ".join(
        f"SELECT library_id AS shelf, {signs[side]} AS sign, {counted} "
        f"FROM {side}_rows WHERE {live}"
        for side in sides
    )
    body = (
        "BEGIN INSERT INTO librarytally (library_id, entries, duration_ms, size_bytes) "
        "SELECT shelf, SUM(sign * number), SUM(sign * ms), SUM(sign * bytes) "
        f"FROM ({rows}) AS changes GROUP BY shelf HAVING SUM(sign * number) <> 0 "
        "OR SUM(sign * ms) <> 0 OR SUM(sign * bytes) <> 0; "
        f"{_FOLD} RETURN NULL; END"
    )
    return (
        name,
        table,
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE OR REPLACE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        ),
    )


def _simple(name: str, table: str, when: str, each: str, body: str) -> Trigger:
    return (
        name,
        table,
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body}; RETURN NULL; END $$",
            f"CREATE OR REPLACE TRIGGER {name} AFTER {when} ON {table} FOR EACH {each} "
            f"EXECUTE FUNCTION {name}()",
        ),
    )


_ENTRY = ("library_entry", f"1 AS number, {_MS} AS ms, 0::bigint AS bytes", _LIVE)
_FILE = ("library_entryfile", "0 AS number, 0::bigint AS ms, size_bytes AS bytes", _ORIGINAL)
_PUT_WORDS = (
    f"INSERT INTO entrydoc VALUES (NEW.id, {_ALL_WORDS.format(row='NEW.')}) "
    "ON CONFLICT (rowid) DO UPDATE SET entrydoc = EXCLUDED.entrydoc"
)
_NEW_WORDS = "(OLD.title, OLD.description, OLD.uploader) IS DISTINCT FROM " + (
    "(NEW.title, NEW.description, NEW.uploader)"
)

TRIGGERS: tuple[Trigger, ...] = (
    *(
        _tally(table, verb, counted, live)
        for table, counted, live in (_ENTRY, _FILE)
        for verb in ("INSERT", "UPDATE", "DELETE")
    ),
    _simple(
        "tally_old_library",
        "library_library",
        "DELETE",
        "ROW",
        "DELETE FROM librarytally WHERE library_id = OLD.id",
    ),
    _simple(
        "tally_emptied", "library_library", "TRUNCATE", "STATEMENT", "DELETE FROM librarytally"
    ),
    _simple("words_new_entry", "library_entry", "INSERT", "ROW", _PUT_WORDS),
    _simple(
        "words_entry",
        "library_entry",
        "UPDATE OF title, description, uploader",
        f"ROW WHEN ({_NEW_WORDS})",
        _PUT_WORDS,
    ),
    _simple(
        "words_old_entry",
        "library_entry",
        "DELETE",
        "ROW",
        "DELETE FROM entrydoc WHERE rowid = OLD.id",
    ),
    _simple("words_emptied", "library_entry", "TRUNCATE", "STATEMENT", "DELETE FROM entrydoc"),
)
