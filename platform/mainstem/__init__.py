"""Mainstem."""
