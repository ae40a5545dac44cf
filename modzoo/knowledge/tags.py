import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from modzoo.errors import CallError, some_of
from modzoo.files import whole_file
from modzoo.knowledge.arrays import read_arrays
from modzoo.knowledge.characters import FIRST, Characters
from modzoo.knowledge.packing import pack_letters
from modzoo.knowledge.source import Source
from modzoo.knowledge.tagging_network import tag_numbers

PRESETS = Path(__file__).parents[1] / "presets"
SHIPPED = {"pos": PRESETS / "tagging_pos_ner"}
CONTEXTS = ("previous", "current")
MAX_CHARACTERS = 4096
DTYPES = {"characters": "i", "context": "U", "max_characters": "i", "tags": "U"}  # others "f"
GATE = ("gate_state_kernel", "gate_word_kernel", "gate_bias")  # of a learned one


class Tags(Source):
    """Tags of words by a trained tagger, as a vector for each word's tag.

    The file it is saved as holds arrays alone; the forward pass is `tag_numbers`.

    Args:
        name: The source's name.
        width: Integer, width of the vectors.
        arrays: Dictionary of the tagger's weights (see `weight_shapes`), of `"vectors"`,
            `(tags, width)`, and, as arrays too, of `"tags"`, their names, `"characters"`, the
            code points that the tagger knows, `"max_characters"`, where it cuts longer words,
            and `"context"`, `"previous"` or `"current"`.
    """

    def __init__(self, name, width=20, arrays=None):
        super().__init__(name)
        if not isinstance(width, int) or width < 1:
            raise CallError(f"The width of {name} must be a positive integer; received {width!r}.")
        self.width = width
        self.arrays = None
        if arrays is not None:
            self._set(arrays)

    @classmethod
    def make(cls, name, material):
        """The tagger that comes with a preset."""
        source = cls(name)
        source.load_assets(SHIPPED[name])
        return source

    @classmethod
    def freeze(cls, tagger, task, vectors, name=None):
        """The source of one task of a tagger, whatever backend it runs on.

        Args:
            tagger: `modzoo.applications.tagging.Tagger`. Its weights are kept in float16.
            task: Name of the task.
            vectors: Dictionary from tags to vectors (see `learn_tag_vectors`); tags without one
                have the zero vector.
            name: The source's name. Default: the task's.
        """
        tags = tagger.labels[task]
        missing = np.zeros_like(next(iter(vectors.values())))
        weights = {key: x.astype("float16") for key, x in tagger.task_weights(task).items()}
        arrays = {
            **weights,
            "vectors": np.array([vectors.get(tag, missing) for tag in tags], "float32"),
            "tags": np.array(tags),
            "characters": np.array([ord(c) for c in tagger.preprocessor.tokenizer.characters]),
            "max_characters": np.array(tagger.preprocessor.max_characters),
            "context": np.array(tagger.backbone.context),
        }
        return cls(name or task, len(missing), arrays)

    @property
    def is_loaded(self):
        return self.arrays is not None

    @property
    def assets(self):
        return (f"{self.name}.npz",)

    def numbers(self, written):
        """Numbers of the tags of words, `(batch, time)`; at padding -1."""
        return self._numbers(written)

    def annotate(self, words):
        """Vectors of the words' tags, float `(batch, time, width)`."""
        numbers = self.numbers(words.written)
        return tf.where(
            numbers[..., None] < 0, 0.0, tf.gather(self.vectors, tf.maximum(numbers, 0))
        )

    def describe(self, words):
        rows = self.numbers(words.written).numpy().tolist()
        return [[None if n < 0 else self.tags[n] for n in row] for row in rows]

    def save_assets(self, folder):
        with whole_file(os.path.join(folder, *self.assets)) as beside:
            np.savez_compressed(beside, **self.arrays)

    def load_assets(self, folder):
        path = os.path.join(folder, *self.assets)
        try:
            self._set(read_arrays(path))
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise CallError(
                f"Cannot read {path} ({reason}); it is no tagger of modzoo whose vectors have "
                f"{self.width} numbers."
            ) from error

    def get_config(self):
        return {**super().get_config(), "width": self.width}

    def _set(self, arrays):
        _check(arrays, self.width)
        self.arrays = dict(arrays)
        self.tags = arrays["tags"].tolist()
        self.characters = Characters(
            "".join(map(chr, arrays["characters"])), f"{self.name}_characters"
        )
        self.vectors = arrays["vectors"].astype("float32")
        max_characters, context = int(arrays["max_characters"]), str(arrays["context"])
        weights = {name: arrays[name].astype("float32") for name in weight_shapes(arrays)}

        @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string)])
        def numbers(words):
            letters = pack_letters(words, self.characters, max_characters)
            mask = letters["padding_mask"]
            best = tag_numbers(weights, context, letters["characters"], letters["words"], mask)
            return tf.where(mask, best, -1)[:, : tf.shape(words)[1]]

        self._numbers = numbers


def weight_shapes(arrays):
    """The shapes that a tagger's weights must have beside each other, `{name: shape}`.

    Both directions of an LSTM stand along the first axis. A learned gate has the weights
    `gate_*`; `open_gates` are 0 at units that the task does not read.
    """
    characters = FIRST + len(arrays["characters"])
    dim = arrays["embedding"].shape[-1]
    of_word, units = (2 * arrays[f"{of}_recurrent_kernel"].shape[1] for of in ("character", "word"))
    hidden, tags = len(arrays["hidden_bias"]), len(arrays["tags"])
    shapes = {
        "embedding": (characters, dim),
        "character_kernel": (2, dim, 2 * of_word),
        "character_recurrent_kernel": (2, of_word // 2, 2 * of_word),
        "character_bias": (2, 2 * of_word),
        "word_kernel": (2, of_word, 2 * units),
        "word_recurrent_kernel": (2, units // 2, 2 * units),
        "word_bias": (2, 2 * units),
        "gate_state_kernel": (units, units),
        "gate_word_kernel": (of_word, units),
        "gate_bias": (units,),
        "open_gates": (units,),
        "hidden_kernel": (units, hidden),
        "hidden_bias": (hidden,),
        "logit_kernel": (hidden, tags),
        "logit_bias": (tags,),
    }
    learned = any(name in arrays for name in GATE)
    return {name: shape for name, shape in shapes.items() if learned or name not in GATE}


def _check(arrays, width):
    """Raises a ValueError unless these are a tagger's arrays and fit each other."""
    shapes = {
        **weight_shapes(arrays),
        "vectors": (len(arrays["tags"]), width),
        "tags": (len(arrays["tags"]),),
        "characters": (len(arrays["characters"]),),
        "context": (),
        "max_characters": (),
    }
    if arrays.keys() != shapes.keys():
        odd = some_of(sorted(arrays.keys() ^ shapes.keys()))
        raise ValueError(f"the arrays {odd} are missing or not of a tagger")
    for name, shape in shapes.items():
        array = arrays[name]
        kind = DTYPES.get(name, "f")
        if array.dtype.kind != kind or array.shape != shape or 0 in shape:
            raise ValueError(
                f"the array {name} must be of kind {kind} and of shape {shape}; "
                f"it is {array.dtype} of shape {array.shape}"
            )
        if kind == "f" and not np.isfinite(array.astype("float32")).all():
            raise ValueError(f"the array {name} holds values that are not finite")
    if str(arrays["context"]) not in CONTEXTS:
        raise ValueError(f"context is {str(arrays['context'])!r}")
    if not 1 <= int(arrays["max_characters"]) <= MAX_CHARACTERS:
        raise ValueError(f"max_characters is {arrays['max_characters']}")
    if len(np.unique(arrays["characters"])) != len(arrays["characters"]):
        raise ValueError("the characters are not distinct")
