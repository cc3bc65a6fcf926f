"""Bugs planted in the money code, one at a time, and the test that must catch each."""
