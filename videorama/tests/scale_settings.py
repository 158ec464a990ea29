"""The settings of a test process in the scale run.

The process is embedded, so that its tests can have worker threads, but on PostgreSQL and with what
its processes share on Redis. Real processes of the scale mode are started with videorama.settings.
"""

from videorama.settings import *  # noqa: F403
from videorama.tests.services import fresh_redis_url

_address = fresh_redis_url()
CACHES = {
    "default": {
        "BACKEND": "videorama.cache.SharedCache",
        "LOCATION": _address,
        "KEY_PREFIX": "videorama",
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "videorama.channel_layer.SharedLayer",
        "CONFIG": {"address": _address},
    }
}
