import tempfile
from pathlib import Path

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge.byte_pairs import NoCache
from modzoo.knowledge.described import described

LENGTH_MULTIPLE = 16  # of windows, so that compiled models see few shapes
PADDING, SPECIAL = -1, 0  # numbers of words that are none
PREFIXES = ("", " ")
PROBE = ("The", "unaffordable", "film", "'s", "ending", ",", "n't", "10,000", "naïve", "…", "!")
START, END = ("cls_token_id", "start_token_id"), ("sep_token_id", "end_token_id")


class Pieces(tf.Module):
    """Words as the pieces that a language model reads, with the word that each belongs to.

    Each word is tokenised on its own, and yet as in its text: what tokenisers of word pieces make
    of a text is what they make of its words, one after the other; to those of byte pairs a word
    but the first has a space before it. Which of the two a tokeniser needs is found by trying,
    and one of which neither holds, whose pieces cross words, is refused.

    A text of more pieces than the model has positions is read in several windows, cut after so
    many pieces; a word that is cut belongs to both. Pieces that the vocabulary does not hold are
    left out.

    Args:
        tokenizer: `keras_hub.tokenizers.Tokenizer`, with its vocabulary.
        max_length: Integer, the model's positions, those of the start and the end among them.

    Call arguments:
        words: Strings `(batch, time)`, as they are written, padded with `""`.

    Returns:
        Integers `(batch, windows, pieces, 2)`, at least one window: the id of each piece, and the
        number of its word, from 1; 0 at the start and the end of a window, -1 at padding.

    Raises:
        CallError: If the tokeniser cannot be used for words.
    """

    def __init__(self, tokenizer, max_length):
        super().__init__(name="pieces")
        if max_length < 3:
            raise CallError(f"A language model of {max_length} positions has none for words.")
        if isinstance(tokenizer, keras_hub.tokenizers.BytePairTokenizer):
            tokenizer.cache = NoCache(tokenizer.unsplittable_tokens)
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.start, self.end = (_first_attribute(tokenizer, names) for names in (START, END))
        self.pad = _first_attribute(tokenizer, ("pad_token_id",), 0)
        # In a graph Keras leaves tensors to TensorFlow, whatever the backend.
        self._ids = tf.function(
            tokenizer.tokenize, input_signature=[tf.TensorSpec([None], tf.string)]
        )
        self.prefix = self._find_prefix()

    def __call__(self, words):
        mask = words != ""
        places = tf.cast(tf.where(mask), tf.int32)  # (words, 2): text and word
        first = places[:, 1] == 0
        written = tf.boolean_mask(words, mask)
        spaced = tf.where(first, written, tf.strings.join([self.prefix, written]))
        ids = self._pieces_of(spaced)
        text, word = tf.unstack(tf.gather(places, ids.value_rowids()), axis=-1)
        pieces = tf.stack([ids.values, word + 1], axis=-1)
        batch = tf.shape(words, out_type=tf.int64)[0]
        pieces = tf.RaggedTensor.from_value_rowids(pieces, tf.cast(text, tf.int64), batch)
        return self._in_windows(pieces)

    def _pieces_of(self, strings):
        """Ids of the pieces of strings `(n,)`, ragged integers `(n, None)`."""
        distinct, numbers = tf.unique(strings)
        ids = tf.gather(self._ids(distinct), numbers)
        ids = tf.ragged.boolean_mask(ids, ids >= 0)
        return ids.with_values(tf.cast(ids.values, tf.int32))

    def _in_windows(self, pieces):
        """Ragged pieces of texts, `(batch, None, 2)`, in dense windows with starts and ends."""
        room = self.max_length - 2
        lengths = tf.cast(pieces.row_lengths(), tf.int32)
        longest = tf.maximum(tf.reduce_max(tf.concat([lengths, [0]], 0)), 1)
        windows = -(-longest // room)
        width = tf.minimum(_rounded(longest + 2), self.max_length) - 2
        width = tf.where(windows > 1, room, width)
        dense = pieces.to_tensor(0, shape=[None, None, 2])
        dense = tf.pad(dense, [[0, 0], [1, windows * width + 1 - tf.shape(dense)[1]], [0, 0]])
        columns = tf.range(windows)[:, None] * width + tf.range(width + 2)[None]
        dense = tf.gather(dense, columns, axis=1)  # (batch, windows, width + 2, 2)
        held = tf.clip_by_value(lengths[:, None] - tf.range(windows)[None] * width, 0, width)
        place, held = tf.range(width + 2)[None, None], held[..., None]
        ids = tf.where(place == 0, self.start, dense[..., 0])
        ids = tf.where(place == held + 1, self.end, tf.where(place > held + 1, self.pad, ids))
        inside = (place > 0) & (place <= held)
        words = tf.where(inside, dense[..., 1], tf.where(place > held + 1, PADDING, SPECIAL))
        return tf.stack([ids, words], axis=-1)

    def _find_prefix(self):
        """What a word but the first needs before it to be tokenised as in its text."""
        first, *others = PROBE
        (whole,) = self._pieces_of(tf.constant([" ".join(PROBE)])).to_list()
        for prefix in PREFIXES:
            alone = self._pieces_of(tf.constant([first, *(prefix + word for word in others)]))
            if alone.flat_values.numpy().tolist() == whole:
                return prefix
        raise CallError(
            f"The tokeniser {type(self.tokenizer).__name__} makes pieces that cross words, so that "
            "they cannot be told apart; take another language model."
        )

    def arrays(self):
        """The tokeniser's files, `{name: array of bytes}`."""
        with tempfile.TemporaryDirectory() as folder:
            self.tokenizer.save_assets(folder)
            return {
                file.name: np.frombuffer(file.read_bytes(), "uint8")
                for file in sorted(Path(folder).iterdir())
            }

    def get_config(self):
        return {
            "tokenizer": keras.saving.serialize_keras_object(self.tokenizer),
            "max_length": self.max_length,
        }


def restore_pieces(config, arrays):
    """`Pieces` of `get_config` and `arrays`, which a stranger may have written.

    Raises:
        ValueError: If they are not those of a tokeniser.
    """
    tokenizer = described(config["tokenizer"], keras_hub.tokenizers.Tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        for name in tokenizer.file_assets:
            if name not in arrays:
                raise ValueError(f"the tokeniser's file {name} is missing")
            Path(folder, Path(name).name).write_bytes(arrays[name].tobytes())
        tokenizer.load_assets(folder)
    return Pieces(tokenizer, config["max_length"])


def _first_attribute(tokenizer, names, default=None):
    found = (getattr(tokenizer, name, None) for name in names)
    value = next((value for value in found if value is not None), default)
    if value is None:
        raise CallError(
            f"The tokeniser {type(tokenizer).__name__} has no token for the start or the end of a "
            "text, as models that encode texts have; take another language model."
        )
    return value


def _rounded(length):
    return -(-length // LENGTH_MULTIPLE) * LENGTH_MULTIPLE
