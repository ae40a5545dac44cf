"""Sets of modules as folders: each network once, as a `.keras` file, and masks beside, as text."""

import json
import os
from pathlib import Path

import numpy as np

from modzoo.data.json_files import require_text
from modzoo.decomposition.folders import MODULES, network_file, require_replaceable
from modzoo.decomposition.masked_cell import REMOVALS
from modzoo.decomposition.network import Network
from modzoo.decomposition.reading import load_model
from modzoo.errors import CallError
from modzoo.files import whole_folder, write_json
from modzoo.training.bounds import read_description
from modzoo.training.model_file import first_line


def save_modules(modules, vocabulary, folder):
    """Writes modules to a folder; one with other modules in it is replaced.

    Raises:
        CallError: If it is there and holds anything else.
    """
    require_replaceable(folder)
    networks = list(dict.fromkeys(module.network for module in modules))
    with whole_folder(Path(folder).resolve()) as beside:
        for i, network in enumerate(networks):
            network.model.save(beside / network_file(i))
        described = {
            "vocabulary": vocabulary,
            "networks": [
                {
                    "is_translator": network.is_translator,
                    "is_rolled": network.is_rolled,
                    "removal": network.removal,
                    "vocabulary": network.vocabulary,
                }
                for network in networks
            ],
            "modules": [
                {
                    "label": module.label,
                    "network": networks.index(module.network),
                    "column": module.column,
                    "masks": {name: _as_text(mask) for name, mask in module.masks.items()},
                }
                for module in modules
            ],
        }
        write_json(beside / MODULES, described)


def load_modules(folder):
    """The modules and the vocabulary in a folder that `save_modules` wrote.

    Raises:
        CallError: If there are none, or they do not fit their networks.
    """
    path = Path(folder, MODULES)
    if not os.path.isfile(path):
        raise CallError(f"The folder {folder} holds no modules: it has no {MODULES}.")
    text = read_description(path)
    try:
        described = json.loads(text)
        require_text(described, path)
        networks = [
            _network(Path(folder, network_file(i)), entry)
            for i, entry in enumerate(described["networks"])
        ]
        modules = [_module(entry, networks) for entry in described["modules"]]
        return modules, _words(described["vocabulary"])
    except CallError:
        raise
    except Exception as error:  # a description of another program raises anything
        raise CallError(
            f"Cannot read {path} ({type(error).__name__}: {first_line(error)}); it is damaged, or "
            "was written by another program."
        ) from error


def _network(path, entry):
    if entry["removal"] not in REMOVALS:
        raise ValueError(f"there is no removal {entry['removal']!r}")
    return Network(
        load_model(path),
        bool(entry["is_translator"]),
        bool(entry["is_rolled"]),
        entry["removal"],
        _words(entry["vocabulary"]),
    )


def _module(entry, networks):
    network = networks[range(len(networks)).index(entry["network"])]
    masks = {name: _as_mask(rows) for name, rows in entry["masks"].items()}
    return network.module(str(entry["label"]), int(entry["column"]), masks)


def _words(vocabulary):
    return None if vocabulary is None else tuple(map(str, vocabulary))


def _as_text(mask):
    """A string of 0 and 1 for each step."""
    return ["".join(map(str, row.astype(int))) for row in mask]


def _as_mask(rows):
    if not set("".join(rows)) <= set("01"):
        raise ValueError("a mask has characters 0 or 1 for each step")
    return np.array([[character == "1" for character in row] for row in rows])
