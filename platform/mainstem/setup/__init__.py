"""Set-up: everything that a company sets of itself, in one registry.

A page, the API, a file and the command line all read and save the same resources, so none of them
knows a field that the others do not.
"""

from mainstem.setup.history import Change, changes
from mainstem.setup.registry import GROUPS, RESOURCES, resource
from mainstem.setup.resource import Resource
from mainstem.setup.saving import Changed, NeedsVersion, read_one, retire, save

__all__ = [
    "GROUPS",
    "RESOURCES",
    "Change",
    "Changed",
    "NeedsVersion",
    "Resource",
    "changes",
    "read_one",
    "resource",
    "retire",
    "save",
]
