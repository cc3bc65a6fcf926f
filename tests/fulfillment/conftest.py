"""The till: a company whose money goes through the embedded gateway."""

from tests.till_fixtures import gateways, till

__all__ = ["gateways", "till"]
