"""Measurements, each a module that prints JSON."""
