# make run    set everything up and start; a second run is ready within seconds
# make test   set everything up and run every test, on SQLite and on PostgreSQL with Redis;
#             MODE=embedded or MODE=scale runs one of the two, ARGS="..." are words for pytest
# make messages  find the texts of the interface and bring locale/ up to date
# make bench  ours beside the bare tools: a table, and JSON on stdout; ARGS chooses some, ROUNDS how often
# make check  style, types, templates, import order, migrations, deployment settings
# PYTHON=/path/to/python3 chooses the interpreter; VIDEORAMA_* variables are in the README.

PYTHON ?=
MODE ?=
export PYTHON MODE
ROUNDS ?= 5

BIN := .venv/bin
ROOMS := videorama library imports analytics
# The checks speak about a public server, and must not touch the data of a real one.
CHECK := VIDEORAMA_DATA=.venv/check-data VIDEORAMA_URL=https://videos.example.org

.PHONY: run test check format bench messages
.DEFAULT_GOAL := run

run:
	@sh deploy/prepare.sh run && exec $(BIN)/python manage.py serve

test:
	@sh deploy/prepare.sh test && exec $(BIN)/python -m videorama.tests.suite $(ARGS)

bench:
	@sh deploy/prepare.sh test && exec $(BIN)/python -m bench --rounds $(ROUNDS) $(ARGS)

check:
	@sh deploy/prepare.sh check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(CHECK) $(BIN)/mypy --strict $(ROOMS)
	git ls-files -z --cached --others --exclude-standard 'templates/*.html' | xargs -0 $(BIN)/djade --check --target-version 6.1
	$(BIN)/lint-imports --no-logo
	$(BIN)/hadolint Dockerfile
	$(CHECK) $(BIN)/python manage.py makemigrations --check --dry-run
	$(CHECK) $(BIN)/python manage.py check --deploy --fail-level WARNING

format:
	@sh deploy/prepare.sh check
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files -z --cached --others --exclude-standard 'templates/*.html' | xargs -0 $(BIN)/djade --target-version 6.1

messages:
	@sh deploy/prepare.sh check
	$(CHECK) $(BIN)/python -m videorama.tests.catalogs
