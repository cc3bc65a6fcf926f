"""Rehearse the business: markets, backtests, stories and the demo company."""
