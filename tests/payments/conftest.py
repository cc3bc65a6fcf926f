"""The payment harness: a company whose money goes through the embedded gateway."""

from tests.harness_fixtures import gateways, harness

__all__ = ["gateways", "harness"]
