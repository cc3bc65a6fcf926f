"""Mainstem: the parent company's platform."""

__version__ = "0.1.0"
