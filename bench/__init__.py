"""Measurements: ours beside the bare tool; `bench.report` says what each module answers."""
