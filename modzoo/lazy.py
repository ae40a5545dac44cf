"""Names that import their module when first used, so that `import modzoo` is instant."""

import importlib


def lazy_attributes(package, modules):
    """`__getattr__` and `__dir__` of a package whose public names live in sub-modules.

    `modules` maps a name to the sub-module that defines it, or, after two dots, to a module
    beside the package; a name that maps to None is itself a sub-module.
    """

    def __getattr__(name):
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        path = modules[name] or name
        relative = path if path.startswith("..") else f".{path}"
        module = importlib.import_module(relative, package)
        return getattr(module, name) if modules[name] else module

    return __getattr__, lambda: sorted(modules)
