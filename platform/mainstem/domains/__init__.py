"""Own domains: the hosts of storefronts, how each is proved, and which serve."""

from mainstem.domains.model import IN_USE, StorefrontDomain
from mainstem.domains.proving import Found, Prover
from mainstem.domains.queries import (
    Domain,
    in_use,
    of_storefront,
    proof,
    proved_hosts,
    remember,
    url_of,
)
from mainstem.domains.rules import FILE, Host, challenge, host
from mainstem.domains.service import (
    HOSTS_MAX,
    MISSES_MAX,
    HostTaken,
    TooManyHosts,
    add,
    check,
    company_hosts,
    note,
    queue_checks,
    remove,
    request_check,
)

__all__ = [
    "FILE",
    "HOSTS_MAX",
    "IN_USE",
    "MISSES_MAX",
    "Domain",
    "Found",
    "Host",
    "HostTaken",
    "Prover",
    "StorefrontDomain",
    "TooManyHosts",
    "add",
    "challenge",
    "check",
    "company_hosts",
    "host",
    "in_use",
    "note",
    "of_storefront",
    "proof",
    "proved_hosts",
    "queue_checks",
    "remember",
    "remove",
    "request_check",
    "url_of",
]
