"""The company as files: a folder that says everything that is set, to read, to change and to apply."""

from mainstem.setup.folder.applying import Difference, FolderRefused, apply
from mainstem.setup.folder.reading import Folder, Wrong, read_folder
from mainstem.setup.folder.writing import write_folder

__all__ = [
    "Difference",
    "Folder",
    "FolderRefused",
    "Wrong",
    "apply",
    "read_folder",
    "write_folder",
]
