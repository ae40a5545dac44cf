"""Which reader for which folder, and text as rows of word pieces of which some are hidden."""

import functools
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from modzoo.applications.pretraining.masking import hide, num_masks
from modzoo.applications.pretraining.tokenizer import SPECIAL
from modzoo.data.generated_text import generate_text
from modzoo.data.text_corpora import load_text
from modzoo.errors import CallError

AT_ONCE = 256  # passages
PAD, CLS, SEP = (SPECIAL.index(token) for token in ("[PAD]", "[CLS]", "[SEP]"))


def load_passages(data, split=None, more=(), fallback=None):
    """Running text: of a data set, or generated.

    Args:
        data: Folder or text file, see `modzoo.data.text_corpora.load_text`. None: generated.
        split: Name of the split. None: that of the figures.
        more: List of folders or files whose text, all of it, is in `train` too.
        fallback: Encoding of lines that are not UTF-8.

    Returns:
        `modzoo.data.passages.Passages`.

    Raises:
        CallError: If there is no text, it cannot be read, or `data` is in `more` too.
    """
    if data is not None and Path(data).resolve() in (Path(path).resolve() for path in more):
        raise CallError(f"--more names {data}, which is --data: its test would be trained on.")
    passages = _generated(split) if data is None else load_text(data, split, fallback=fallback)
    if split != "train" or not more:
        return passages
    return passages.followed_by([load_text(path, "train", True, fallback) for path in more])


def _generated(split):
    from modzoo.knowledge import load_lexicon

    return generate_text(load_lexicon("afinn").scores, split)


@dataclass(frozen=True, eq=False)
class EncodedText:
    """Word pieces in rows of one length, a container for `modzoo.training.train_batches`.

    A row is a stretch of the text between a `[CLS]` and a `[SEP]`; another `[SEP]` ends a passage.
    Where an epoch's first row begins, and which pieces of a row are hidden, is drawn with the order
    of the epoch.

    Attributes:
        pieces: Integers `(pieces,)`, which may be in a file.
        length: Integer, pieces of a row, the special ones at its ends among them.
        vocabulary_size: Integer.
        split: Name of the split.
        turns: Integer, how often a row is read when all are read in order, each time with other
            pieces hidden.
        most: Integer, only the first so many rows; None: all.
    """

    pieces: np.ndarray
    length: int
    vocabulary_size: int
    split: str
    turns: int = 1
    most: int | None = None
    lengths = None  # rows are all of one length

    @property
    def summary(self):
        """How much there is, for people."""
        return f"{len(self.pieces):,} word pieces in {self.num_rows:,} rows of {self.length}"

    @property
    def stretch(self):
        """Pieces of the text in a row."""
        return self.length - 2

    @property
    def num_rows(self):
        rows = -(-len(self.pieces) // self.stretch)
        return rows if self.most is None else min(rows, self.most)

    def __len__(self):
        return self.num_rows * self.turns

    def limit(self, count):
        """The first `count` rows; all of them for None."""
        return replace(self, most=count)

    def of_length(self, length):
        """The same text in rows of another length."""
        return replace(self, length=length)

    def in_turns(self):
        """Read in order, every piece is hidden once."""
        return replace(self, turns=-(-self.stretch // num_masks(self.length)))

    def frequencies(self):
        """How often each word piece is there, integers `(vocabulary_size,)`."""
        counts = np.zeros(self.vocabulary_size, int)
        for start in range(0, len(self.pieces), 2**24):
            counts += np.bincount(self.pieces[start : start + 2**24], minlength=len(counts))
        return counts

    def shuffled(self, rng):
        """Rows in a random order: where each begins, and a number to hide by: `(rows, 2)`."""
        starts = rng.integers(self.stretch) + self.stretch * rng.permutation(self.num_rows)
        return np.stack([starts, rng.integers(2**62, size=self.num_rows)], axis=1)

    def gather(self, indices):
        """What a `TIMBertMaskedLM` reads; what is hidden, int32 `(batch, masks)`; and weights, 0
        where nothing is.

        `indices` are `(batch, 2)`, as `shuffled` draws them, of a text without an end, which begins
        again; or `(batch,)`, places in the order of rows and turns.
        """
        drawn = indices.shape.rank == 2
        types = [tf.int32] * 3
        ids, places, hidden = tf.numpy_function(
            self._drawn if drawn else self._in_order, [indices], types
        )
        batch = indices.shape[0]
        ids = tf.ensure_shape(ids, (batch, self.length))
        shape = (batch, num_masks(self.length))
        places, hidden = tf.ensure_shape(places, shape), tf.ensure_shape(hidden, shape)
        features = {"token_ids": ids, "padding_mask": ids != PAD, "mask_positions": places}
        return features, hidden, tf.cast(hidden != PAD, tf.float32)

    def _drawn(self, indices):
        starts, numbers = indices.T
        places = (starts[:, None] + np.arange(self.stretch)) % len(self.pieces)
        rows = _whole_rows(self.pieces[places])
        return hide(rows, numbers, np.zeros_like(numbers), self.vocabulary_size)

    def _in_order(self, indices):
        rows, turns = np.divmod(indices, self.turns)
        return hide(self.rows(rows), rows, turns, self.vocabulary_size)

    def rows(self, numbers):
        """The rows of these numbers with nothing hidden, integers `(rows, length)`."""
        places = numbers[:, None] * self.stretch + np.arange(self.stretch)
        there = places < len(self.pieces)
        return _whole_rows(np.where(there, self.pieces[np.where(there, places, 0)], PAD))


def _whole_rows(pieces):
    return np.pad(pieces.astype("int64"), [(0, 0), (1, 1)], constant_values=(CLS, SEP))


def encode_passages(passages, tokenizer, length):
    """`EncodedText` of `Passages`, kept in a file that ends with it."""
    dtype = np.dtype("uint16" if tokenizer.vocabulary_size() <= 2**16 else "int32")
    with tempfile.TemporaryFile() as file:
        try:
            for pieces in _piece_batches(passages, tokenizer):
                file.write(pieces.astype(dtype).tobytes())
            file.flush()
        except OSError as error:
            raise CallError(
                f"Cannot keep the text's word pieces in {tempfile.gettempdir()}: {error.strerror}; "
                "name a folder with more room in TMPDIR."
            ) from error
        pieces = np.memmap(file, dtype, "r")
    return EncodedText(pieces, length, tokenizer.vocabulary_size(), passages.split)


def _piece_batches(passages, tokenizer):
    texts = tf.data.Dataset.from_generator(
        functools.partial(iter, passages), output_signature=tf.TensorSpec([], tf.string)
    )

    def encoded(batch):
        pieces = tokenizer.ids(batch)
        ends = tf.fill([pieces.nrows(), 1], tf.constant(SEP, pieces.dtype))
        return tf.concat([pieces, ends], axis=1).flat_values

    batches = texts.batch(AT_ONCE).map(encoded, tf.data.AUTOTUNE).prefetch(2)
    return batches.as_numpy_iterator()
