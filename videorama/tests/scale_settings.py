"""The settings of a test process in the scale run.

The process is embedded, so that its tests can have worker threads, but on PostgreSQL and with what
its processes share on Redis. Real processes of the scale mode are started with videorama.settings.
"""

from videorama.settings import *  # noqa: F403
from videorama.tests.services import fresh_redis_url

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": fresh_redis_url(),
        "KEY_PREFIX": "videorama",
    }
}
