"""The one settings module: read from the environment, sane with nothing set.

What an administrator edits in the browser is not here.
"""

import ipaddress
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.messages import constants as messages
from django.utils.csp import CSP

from videorama import env
from videorama.adapters.guard import NetworkPolicy

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = (
    match.group(1)
    if (match := re.search(r"^## (\S+)", (BASE_DIR / "CHANGELOG.md").read_text("utf-8"), re.M))
    else "0"
)
# What is new in it, as the changelog says.
CHANGES = (BASE_DIR / "CHANGELOG.md").read_text("utf-8").partition("\n## ")[2]

DEBUG = env.flag("VIDEORAMA_DEBUG")
DATA = Path(env.text("VIDEORAMA_DATA", str(BASE_DIR / "data"))).expanduser().resolve()
try:
    DATA.mkdir(parents=True, exist_ok=True)
except OSError as _error:
    raise env.BadSetting(f"VIDEORAMA_DATA cannot be used: {_error.strerror}.") from None

HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, low=1, high=65535)
_reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(HOST, f"[{HOST}]" if ":" in HOST else HOST)
PUBLIC_URL = env.address("VIDEORAMA_URL", f"http://{_reachable}:{PORT}")
_public = urlsplit(PUBLIC_URL)
IS_HTTPS = _public.scheme == "https"

POSTGRESQL = env.database("DATABASE_URL")
REDIS_URL = env.redis_address("REDIS_URL")
# Several processes, also on several machines, work on one database.
IS_SCALE = bool(REDIS_URL)
if IS_SCALE and POSTGRESQL is None:
    raise env.BadSetting("REDIS_URL needs DATABASE_URL, too: SQLite cannot serve many processes.")

SECRET_KEY = env.secret("VIDEORAMA_SECRET_KEY")
if POSTGRESQL is not None and not SECRET_KEY:
    # A key made in one data folder would be another one on the next machine.
    raise env.BadSetting("VIDEORAMA_SECRET_KEY must be set when DATABASE_URL is.")
SECRET_KEY = SECRET_KEY or env.kept_key("VIDEORAMA_DATA", DATA)
if len(SECRET_KEY) < 32:
    raise env.BadSetting("VIDEORAMA_SECRET_KEY must have at least 32 characters.")
# Still read with these: cookies, and stored secrets until `manage.py rotate_secrets` has run.
SECRET_KEY_FALLBACKS = env.secret("VIDEORAMA_SECRET_KEY_OLD").replace(",", " ").split()


def _roots() -> dict[str, Path]:
    """Named storage roots from `name=/path,name2=/path2`; by default media in the data folder."""
    found: dict[str, Path] = {}
    for part in env.names("VIDEORAMA_ROOTS", (f"media={DATA / 'media'}",)):
        name, found_sign, folder = part.partition("=")
        if not found_sign or not re.fullmatch(r"[a-z0-9_-]{1,30}", name) or not folder:
            raise env.BadSetting("VIDEORAMA_ROOTS must look like media=/path,archive=/other/path.")
        if name in found:
            raise env.BadSetting(f"VIDEORAMA_ROOTS names {name!r} twice.")
        found[name] = Path(folder).expanduser().resolve()
    return found


ROOTS = _roots()
ALLOW_PRIVATE = env.names("VIDEORAMA_ALLOW_PRIVATE")
try:
    NetworkPolicy(ALLOW_PRIVATE)
except ValueError as _error:
    raise env.BadSetting(f"VIDEORAMA_ALLOW_PRIVATE: {_error}") from None
# https needs something in front that speaks it; unless named, that is on this machine.
TRUSTED_PROXIES = env.names("VIDEORAMA_TRUSTED_PROXIES", ("127.0.0.1", "::1") if IS_HTTPS else ())
for _proxy in TRUSTED_PROXIES:
    try:
        ipaddress.ip_network(_proxy, strict=False)
    except ValueError:
        raise env.BadSetting(
            f"VIDEORAMA_TRUSTED_PROXIES must list addresses or networks, not {_proxy!r}."
        ) from None
# The access log of the nginx in front, read back into what was played and downloaded.
ACCESS_LOG = env.text("VIDEORAMA_ACCESS_LOG")
if ACCESS_LOG and not Path(ACCESS_LOG).is_absolute():
    raise env.BadSetting("VIDEORAMA_ACCESS_LOG must be a whole path, such as /var/log/access.log.")
ADMIN_USER = env.text("VIDEORAMA_ADMIN_USER")
ADMIN_PASSWORD = env.secret("VIDEORAMA_ADMIN_PASSWORD")
if bool(ADMIN_USER) != bool(ADMIN_PASSWORD):
    _missing = "VIDEORAMA_ADMIN_PASSWORD" if ADMIN_USER else "VIDEORAMA_ADMIN_USER"
    raise env.BadSetting(f"{_missing} must be set, too, to make the first administrator.")

# Loopback and private names and addresses; videorama.middleware.PrivateHosts narrows "*" to them.
_hosts = env.names("VIDEORAMA_ALLOWED_HOSTS")
for _host in _hosts:
    # As requests are compared with: an address or a port would never fit.
    if not re.fullmatch(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F:.]+\]", _host, re.ASCII):
        raise env.BadSetting(
            f"VIDEORAMA_ALLOWED_HOSTS must list host names without port, not {_host!r}."
        )
ONLY_PRIVATE_HOSTS = not _hosts
ALLOWED_HOSTS = [*_hosts, str(_public.hostname), "localhost", "127.0.0.1", "[::1]"]
if ONLY_PRIVATE_HOSTS:
    ALLOWED_HOSTS = ["*"]

# First values of what an administrator may change in the browser; the rooms say what fits.
SETTING_SEEDS = {
    "VIDEORAMA_PRESET": env.text("VIDEORAMA_PRESET"),
    "VIDEORAMA_HEAVY_JOBS": env.text("VIDEORAMA_HEAVY_JOBS"),
    "VIDEORAMA_RATE_LIMIT": env.text("VIDEORAMA_RATE_LIMIT"),
    "VIDEORAMA_PROXY": env.text("VIDEORAMA_PROXY"),
    "VIDEORAMA_TRASH_DAYS": env.text("VIDEORAMA_TRASH_DAYS"),
    "VIDEORAMA_LLM_URL": env.text("VIDEORAMA_LLM_URL"),
    "VIDEORAMA_LLM_MODEL": env.text("VIDEORAMA_LLM_MODEL"),
    "VIDEORAMA_LLM_API_KEY": env.secret("VIDEORAMA_LLM_API_KEY"),
}

INSTALLED_APPS = [
    "videorama",
    "videorama.ledger",
    "videorama.preferences",
    "videorama.accounts",
    "videorama.jobs",
    "videorama.backup",
    "library",
    "imports",
    "analytics",
    "videorama.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "channels",
    "ninja",
]
MIDDLEWARE = [
    "videorama.middleware.TrustedProxies",
    "videorama.middleware.HtmxErrors",
    "videorama.middleware.PrivateHosts",
    "videorama.ledger.middleware.Doors",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "videorama.storage.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "videorama.accounts.middleware.SignedIn",
    "videorama.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "videorama.urls"
ASGI_APPLICATION = "videorama.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "videorama.pages.shell",
            ],
            "builtins": ["django.templatetags.static", "django.templatetags.i18n"],
        },
    }
]

_SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA / "videorama.sqlite3",
    # IMMEDIATE is what removes "database is locked" from read-then-write transactions.
    "OPTIONS": {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;"
        ),
    },
    "TEST": {"NAME": str(DATA / "test.sqlite3")},
}
if POSTGRESQL is not None:
    # Connections are checked before use, so that a restart of the database costs one of them.
    POSTGRESQL["CONN_HEALTH_CHECKS"] = True
    POSTGRESQL["OPTIONS"] = {
        "application_name": "videorama",
        # A server that vanished without a word is noticed within half a minute.
        "connect_timeout": "5",
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        "tcp_user_timeout": "30000",
    } | POSTGRESQL["OPTIONS"]
    # As long as somebody waits for a page to say that the database is away, too.
    POSTGRESQL["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 32, "timeout": 5, "max_idle": 60}
DATABASES = {"default": POSTGRESQL or _SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "videorama.cache.SharedCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "videorama",
    }
    if IS_SCALE
    # Beyond Django's 300 what counts attempts to sign in would soon fall out of it.
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "library:entry_list"
LOGOUT_REDIRECT_URL = "accounts:login"

LANGUAGE_CODE = "en"
# Each under its own name: whoever cannot read this page has to find it.
LANGUAGES = [("en", "English"), ("es", "Español"), ("de", "Deutsch")]
LANGUAGE_COOKIE_NAME = "videorama_language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = IS_HTTPS, True, "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of a missing folder at each start.
STATICFILES_DIRS = [BASE_DIR / "static"]
# Serves files that were not collected, too, under their plain names.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "videorama.storage.HashedStaticFiles"},
}
MEDIA_ROOT = ""

SESSION_ENGINE = "videorama.accounts.sessions"
SESSION_COOKIE_NAME = "videorama_session"
CSRF_COOKIE_NAME = "videorama_csrf"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health$"]  # Asked from inside, past the proxy.
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "videorama.views.csrf_failed"
# Messages carry the tones of the design.
MESSAGE_TAGS = {
    messages.SUCCESS: "good",
    messages.INFO: "info",
    messages.WARNING: "warn",
    messages.ERROR: "bad",
}
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    # Progress values travel as inline custom properties.
    "style-src-attr": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "media-src": [CSP.SELF, "blob:"],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
}

SILENCED_SYSTEM_CHECKS = [
    # Other names under the domain are not ours to promise https for, nor is the browsers' list.
    "security.W005",
    "security.W021",
]
if not IS_HTTPS:
    # On a private network without https: no HSTS, no redirect, cookies over http.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]

# Messages are small and none may be lost: what waits is bounded by how long the loop may hang.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "videorama.channel_layer.SharedLayer",
        "CONFIG": {"address": REDIS_URL, "capacity": 10_000},
    }
    if IS_SCALE
    else {
        "BACKEND": "videorama.channel_layer.ThreadSafeInMemoryLayer",
        "CONFIG": {"capacity": 10_000},
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"job": {"()": "videorama.logs.AddJob"}},
    "formatters": {
        "line": {
            "()": "videorama.logs.Discreet",
            "format": "%(asctime)s %(levelname)s %(name)s%(job)s: %(message)s",
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["job"]},
    },
    "root": {"handlers": ["console"], "level": "DEBUG" if DEBUG else "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        "uvicorn": {"level": "WARNING"},
    },
}

# Job ids travel through memory between the threads of this process, in scale mode over Redis
# between processes; the rows are what lasts.
CELERY_BROKER_URL = REDIS_URL or "wakemem://localhost"
CELERY_TASK_DEFAULT_QUEUE = "quick"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "backups": {"task": "backup.make_due", "schedule": 3600},
    "forget-keys": {"task": "jobs.forget_keys", "schedule": 3600},
    "forget-sessions": {"task": "accounts.forget_sessions", "schedule": 24 * 3600},
    "sweep-trash": {"task": "library.sweep_trash", "schedule": 3600},
    "sweep-uploads": {"task": "imports.sweep_uploads", "schedule": 3600},
    "sweep-held": {"task": "imports.sweep_held", "schedule": 3600},
    "notifications": {"task": "analytics.look_after", "schedule": 60},
    # More often than each night: the clock counts from its start, which may be each night.
    "analyze": {"task": "library.analyze", "schedule": 6 * 3600},
    "forget-notifications": {"task": "analytics.forget_old", "schedule": 24 * 3600},
}
if ACCESS_LOG:
    CELERY_BEAT_SCHEDULE["read-access-log"] = {"task": "library.read_access_log", "schedule": 20}
if IS_SCALE:
    # One process does it when it starts, many never start together.
    CELERY_BEAT_SCHEDULE["sweep"] = {"task": "imports.sweep", "schedule": 3600}
    for _entry in CELERY_BEAT_SCHEDULE.values():
        # Where no worker runs for a week, nobody wants to catch up with each of its minutes.
        _entry["options"] = {"expires": _entry["schedule"]}
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "global_keyprefix": "videorama:broker:",
        # Longer than any job: what a killed worker had is sent anew from its row, much sooner.
        "visibility_timeout": 12 * 3600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 15,
        "socket_keepalive": True,
    }
    CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
    CELERY_BROKER_CONNECTION_MAX_RETRIES = None
    CELERY_TASK_REJECT_ON_WORKER_LOST = True
    # The clock's tasks end after as many crashes as Celery allows; jobs count theirs in the row.
    CELERY_TASK_RETRY_ON_WORKER_LOST = True
    # 0 is the first one, as for jobs.
    CELERY_TASK_DEFAULT_PRIORITY = 6
    CELERY_WORKER_DISABLE_PREFETCH = True
    CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
    CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# How many jobs of each queue run at the same time in one process.
JOB_SLOTS = {"heavy": 2, "quick": 2}
# Wait before the second attempt of a job; the third waits four times as long.
JOB_BACKOFF_S = 3.0
# The same for a mail server that is away; its third attempt waits five times as long.
MAIL_RETRY_S = 60.0
