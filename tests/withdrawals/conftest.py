"""Withdrawals need the payment harness: the gateway, its webhook events, and a clock."""

from tests.harness_fixtures import gateways, harness

__all__ = ["gateways", "harness"]
