"""The Celery app: carries job ids to worker threads, and the clock for beat."""

import os

from celery import Celery

import videorama.broker as _registers_wakemem  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videorama.settings")
# Celery would run all of Django's checks at every start; `make check` does.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("videorama")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
