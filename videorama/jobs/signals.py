"""The only signal in the house."""

from django.dispatch import Signal

# Sent with `job_id` after a job has ended and its row is committed. Receivers only enqueue.
job_finished = Signal()
