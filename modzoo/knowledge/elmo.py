import functools
import hashlib
import json
from pathlib import Path

import tensorflow as tf

from modzoo.errors import CallError
from modzoo.files import read_bytes, write_json
from modzoo.knowledge.frozen_vectors import FrozenVectors
from modzoo.knowledge.published import folder_of

GRAPH, HUB_1 = "saved_model.pb", "tfhub_module.pb"
SIGNATURES = ("tokens", "default")
INPUTS = {"tokens", "sequence_len"}
OUTPUT = "elmo"
_named = {}  # digests of the SavedModels that were named in this process, and their folders


class Elmo(FrozenVectors):
    """The vectors of ELMo, one for each word, by a SavedModel of TensorFlow Hub's form.

    A SavedModel is a program: what it holds is run. So a folder is opened only where a person
    names it, as `--language-model DIR` or in the environment variable `MODZOO_ELMO`. A model that
    is saved holds a digest of it, and is loaded where a folder of this digest is named.

    The signature `"tokens"`, else `"default"`, takes `tokens`, strings `(batch, time)` padded
    with `""`, and `sequence_len`, integers `(batch,)`, and returns `elmo`,
    `(batch, time, width)`; the published ones are 1024 wide.

    Args:
        name: The source's name.
        width: Integer, width of the vectors. Default: the SavedModel's.
        folder: The folder of the SavedModel.

    Reference:
    - Peters et al., 2018, Deep contextualized word representations
    """

    def __init__(self, name="token", width=None, folder=None):
        super().__init__(name)
        self.width = width
        self.folder = None
        if folder is not None:
            self._open(Path(folder))

    @property
    def is_loaded(self):
        return self.folder is not None

    @property
    def assets(self):
        return (f"{self.name}.json",)

    @functools.cached_property
    def identity(self):
        return digest_of(self.folder)

    def compute(self, written):
        lengths = tf.math.count_nonzero(written != "", axis=1, dtype=tf.int32)
        vectors = self.function(tokens=written, sequence_len=lengths)[OUTPUT]
        vectors = tf.ensure_shape(vectors, [*written.shape, self.width])
        return tf.where((written != "")[..., None], vectors, 0.0)

    def save_assets(self, folder):
        write_json(Path(folder, *self.assets), {"digest": self.identity})

    def load_assets(self, folder):
        path = Path(folder, *self.assets)
        try:
            digest = json.loads(read_bytes(path))["digest"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise CallError(f"Cannot read {path}: it names no SavedModel of ELMo.") from error
        place = _named.get(digest) or folder_of("elmo")
        if not place or digest_of(Path(place)) != digest:
            named = f"; that in {place} is another" if place else ""
            raise CallError(
                "This model reads vectors of ELMo, whose SavedModel is not in its file; name the "
                f"folder that it was trained with in the environment variable MODZOO_ELMO{named}."
            )
        self._open(Path(place))

    def get_config(self):
        return {**super().get_config(), "width": self.width}

    def _open(self, folder):
        tags = [] if (folder / HUB_1).is_file() else None
        try:
            self.module = tf.saved_model.load(str(folder), tags=tags)
            signatures = self.module.signatures
        except Exception as error:  # a file of any kind raises anything
            said = " ".join(str(error).split())[:200]
            raise CallError(
                f"Cannot read the SavedModel in {folder} ({type(error).__name__}: {said})."
            ) from error
        found = next((signatures[name] for name in SIGNATURES if name in signatures), None)
        inputs = set() if found is None else found.structured_input_signature[1].keys()
        output = None if found is None else found.structured_outputs.get(OUTPUT)
        if inputs != INPUTS or output is None or output.shape.rank != 3:
            raise CallError(
                f"The SavedModel in {folder} is not of ELMo: expected a signature "
                f"{' or '.join(SIGNATURES)} from tokens and sequence_len to {OUTPUT}, "
                "(batch, time, width)."
            )
        width = output.shape[-1]
        if width is None or self.width not in (None, width):
            raise CallError(f"The vectors of {folder} have {width} numbers, not {self.width}.")
        self.function, self.width, self.folder = found, width, folder
        _named[self.identity] = folder


def digest_of(folder):
    """A digest of a SavedModel's files."""
    digest = hashlib.blake2b(digest_size=16)
    files = [folder / GRAPH, *sorted((folder / "variables").glob("*"))]
    files += sorted((folder / "assets").glob("*"))
    for path in files:
        try:
            with open(path, "rb") as file:
                digest.update(f"{path.relative_to(folder)} {path.stat().st_size}".encode())
                while block := file.read(2**20):
                    digest.update(block)
        except OSError as error:
            raise CallError(f"Cannot read {path}: {error.strerror}.") from error
    return digest.hexdigest()
