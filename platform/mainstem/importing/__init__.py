"""Importing: a company's past comes in through the same verbs as its present."""
