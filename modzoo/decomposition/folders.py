"""What a folder of modules holds, so that nothing else in it is lost when it is written anew."""

import re
from pathlib import Path

from modzoo.errors import CallError, some_of
from modzoo.files import require_writable

MODULES = "modules.json"
COMPOSITION = "composition.keras"
REPORT = "report.md"
PICTURES = {
    "units": "Which module has which unit.",
    "overlap": "Which part of their weights modules share (Jaccard index).",
    "curve": "How right the modules are together, the more units they lack.",
}
NETWORK = re.compile(r"network_\d+\.keras")
OWN = {MODULES, COMPOSITION, REPORT, *(f"{name}.png" for name in PICTURES)}


def network_file(index):
    return f"network_{index}.keras"


def require_replaceable(folder):
    """Raises unless a folder can be written, and is new, empty, or of modules alone."""
    folder = Path(folder).resolve()
    for place in (folder, folder.parent):
        require_writable(place)
    held = sorted(folder.iterdir()) if folder.exists() else []
    if not held:
        return
    names = [path.name for path in held]
    if not {MODULES, network_file(0)} <= {*names}:
        raise CallError(
            f"{folder} is there and holds no modules, but {some_of(names)}; name a new folder."
        )
    others = [path.name for path in held if not (path.is_file() and _is_own(path.name))]
    if others:
        raise CallError(
            f"{folder} is there and holds more than modules, which would be lost: "
            f"{some_of(others)}; name a new folder."
        )


def _is_own(name):
    return name in OWN or NETWORK.fullmatch(name)
