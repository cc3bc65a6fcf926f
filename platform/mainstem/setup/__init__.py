"""Set-up: everything that a company sets of itself, in one registry.

A page, the API, a file and the command line all read and save the same resources, so none of them
knows a field that the others do not.
"""

from mainstem.setup.checklist import Step, steps
from mainstem.setup.files import apply_file, forget_files
from mainstem.setup.folder import Difference, FolderRefused, apply, read_folder, write_folder
from mainstem.setup.history import Change, changes, changes_of_works
from mainstem.setup.names import Name, names, written_as
from mainstem.setup.payments import (
    Connection,
    check_payments,
    connect_payments,
    secrets_line,
    try_key,
)
from mainstem.setup.plan_templates import PLAN_TEMPLATES, plan_from
from mainstem.setup.publishing import publish_plan
from mainstem.setup.registry import GROUPS, RESOURCES, resource
from mainstem.setup.resource import ONLY, Resource
from mainstem.setup.saving import (
    ANY,
    Changed,
    NeedsVersion,
    Saved,
    read_one,
    retire,
    save,
    save_product,
)

__all__ = [
    "ANY",
    "GROUPS",
    "ONLY",
    "PLAN_TEMPLATES",
    "RESOURCES",
    "Change",
    "Changed",
    "Connection",
    "Difference",
    "FolderRefused",
    "Name",
    "NeedsVersion",
    "Resource",
    "Saved",
    "Step",
    "apply",
    "apply_file",
    "changes",
    "changes_of_works",
    "check_payments",
    "connect_payments",
    "forget_files",
    "names",
    "plan_from",
    "publish_plan",
    "read_folder",
    "read_one",
    "resource",
    "retire",
    "save",
    "save_product",
    "secrets_line",
    "steps",
    "try_key",
    "write_folder",
    "written_as",
]
