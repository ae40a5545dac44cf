"""Models that read the world's data formats: one folder per application.

Each is a package that offers what `interface.Application` says.
"""

import importlib
from pathlib import Path

from modzoo.lazy import lazy_attributes


def list_applications():
    """Names of the applications: the packages in this folder that have a card."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/README.md"))


def load_application(name):
    """The package of an application, which imports no backend."""
    return importlib.import_module(f"{__name__}.{name}")


def application_of(model):
    """The application that a model belongs to, or None."""
    classes = {(cls.__module__.rpartition(".")[0], cls.__name__) for cls in type(model).__mro__}
    applications = map(load_application, list_applications())
    return next((a for a in applications if classes & {(a.__name__, m) for m in a.MODELS}), None)


__getattr__, __dir__ = lazy_attributes(__name__, dict.fromkeys(list_applications()))
