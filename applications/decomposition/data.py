"""Which reader for which data, and examples as the numbers that a monolith reads."""

import functools
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from modzoo.applications.decomposition.words import STYLE, style_of
from modzoo.data import brown
from modzoo.data.clinc import drawn_intents, load_clinc
from modzoo.data.folders import data_files, hint
from modzoo.data.intent_grammar import INTENTS, generate_joint_requests, generate_requests
from modzoo.data.mathqa import load_mathqa
from modzoo.data.multi_label import MultiLabelTexts, load_multi_label
from modzoo.data.tag_grammar import generate_tagged_sentences
from modzoo.data.tagged_sentences import TaggedSentences
from modzoo.data.tatoeba import load_tatoeba
from modzoo.data.translation_grammar import generate_translations
from modzoo.data.translations import Translations
from modzoo.data.universal_tags import universal_tag
from modzoo.decomposition.vocabularies import PADDING
from modzoo.errors import CallError, quoted, some_of
from modzoo.knowledge.styles import normalize, split_words


def load_intents(data, split=None, num_intents=None, seed=0):
    """Requests of some intents: CLINC150, or generated ones; arguments as `load_clinc`."""
    if data is not None:
        return load_clinc(data, split, num_intents, seed)
    names = drawn_intents(INTENTS, num_intents, seed, "The grammar of requests")
    return generate_requests(split, intents=names)


def load_problems(data, split=None):
    """Word problems and their categories: MathQA, or generated requests."""
    return generate_requests(split) if data is None else load_mathqa(data, split)


def load_flags(data, split=None, text_column="comment_text"):
    """Texts of several classes: a table of 0 and 1, GoEmotions, or generated requests."""
    if data is None:
        return generate_joint_requests(split)
    return load_multi_label(data, split, text_column)


def load_tagged(data, split=None):
    """Sentences and the universal tags of their words: the Brown corpus, or generated ones."""
    if data is None:
        return generate_tagged_sentences(split).only(["pos"])
    files = data_files(data)
    if not any(brown.FILE.fullmatch(name) for name in files):
        raise CallError(
            f"{data} holds no Brown corpus; expected a folder with ca01 to cr09, as files or in a "
            f"zip.{hint(data, brown.FILE.fullmatch)}"
        )
    sentences = brown.load_brown(files, split)
    tags = [[universal_tag(tag) for tag in row] for row in sentences.tags["pos"]]
    return TaggedSentences(
        sentences.tokens, {"pos": tags}, sentences.split, sentences.source, sentences.ids
    )


def load_translations(data, split=None, max_words=8):
    """Sentences and their translations either way: Tatoeba, or generated ones; those of more words
    than `max_words`, marks among them, are left out."""
    sentences = generate_translations(split) if data is None else load_tatoeba(data, split)
    lengths = [
        split_words(tf.constant(side, tf.string), style_of("translations")).row_lengths().numpy()
        for side in (sentences.sources, sentences.targets)
    ]
    kept = sentences.shorter(np.maximum(*lengths), max_words)
    if not len(kept):
        raise CallError(
            f"{sentences.source} has no sentence of at most {max_words} words whose translation "
            "has no more, either; --max-length leaves longer ones out."
        )
    return kept


@dataclass(frozen=True, eq=False)
class Encoded:
    """Examples as numbers, a container for `modzoo.training.train_batches`.

    Attributes:
        x: Array, what the monolith reads.
        y: Array, what it is to say: class numbers `(examples,)`; 0 and 1 `(examples, labels)`;
            class numbers `(examples, sequence_length)`, -1 at padding; or word ids of that shape, 0
            at the end of a translation and -1 behind it.
        groups: List of a language an example, of translations.
    """

    x: np.ndarray
    y: np.ndarray
    groups: list | None = None
    lengths = None  # all are padded alike

    def __len__(self):
        return len(self.x)

    def shuffled(self, rng):
        return rng.permutation(len(self))

    def gather(self, indices):
        """Batches of both."""
        x, y = self._tensors
        return tf.gather(x, indices), tf.gather(y, indices)

    @functools.cached_property
    def _tensors(self):
        with tf.init_scope():
            return tf.constant(self.x), tf.constant(self.y)

    def of_labels(self, places):
        """The examples of some classes alone, which are numbered anew in that order."""
        new = np.full(max(self.y.max(), *places) + 1, -1)
        new[list(places)] = range(len(places))
        kept = np.isin(self.y, places)
        return Encoded(self.x[kept], new[self.y[kept]])


def encoded(examples, model):
    """Examples as a monolith reads them.

    Args:
        examples: `TextExamples`, `MultiLabelTexts`, `TaggedSentences` or `Translations`, as of the
            monolith's kind.
        model: `Monolith`.

    Returns:
        `Encoded`; of tagged sentences the longer ones are in pieces.

    Raises:
        CallError: If the examples are of another kind, or of a class that it does not know.
    """
    kind = kind_of(examples)
    if kind != model.kind:
        raise CallError(
            f"{examples.source} holds {kind} of texts, and the model was trained for {model.kind}."
        )
    places = _places(label_names(examples), model.labels, examples.source)
    if kind == "tags":
        return _encoded_tags(examples, model, places)
    if kind == "translations":
        return _encoded_translations(examples, model)
    if kind == "classes":
        numbers = np.array([places[name] for name in examples.label_names], "int32")
        return Encoded(model.encode(examples.texts), numbers[examples.labels])
    flags = np.zeros((len(examples), len(model.labels)), "float32")
    flags[:, [places[name] for name in examples.label_names]] = examples.labels
    return Encoded(model.encode(examples.texts), flags)


def kind_of(examples):
    """The kind of monolith that examples are for."""
    if isinstance(examples, TaggedSentences):
        return "tags"
    if isinstance(examples, Translations):
        return "translations"
    return "labels" if isinstance(examples, MultiLabelTexts) else "classes"


def label_names(examples):
    """The classes, tags or languages of examples."""
    if kind_of(examples) == "translations":
        return examples.languages
    return examples.labels("pos") if kind_of(examples) == "tags" else examples.label_names


def _places(names, known, source):
    for name in names:
        if name not in known:
            raise CallError(
                f"{source} has the label {quoted(name)}, which the model does not know; its "
                f"classes are {some_of(known)}."
            )
    return {name: i for i, name in enumerate(known)}


def _encoded_tags(sentences, model, places):
    length = model.sequence_length
    pieces = sentences.pieces(length)
    tags = np.full((len(pieces), length), -1, "int32")
    for row, names in zip(tags, pieces.tags["pos"], strict=True):
        row[: len(names)] = [places[name] for name in names]
    return Encoded(model.read(padded_normal(pieces.tokens, length)).numpy(), tags)


def _encoded_translations(sentences, model):
    targets = model.encode(sentences.targets)
    ended = np.cumsum(targets == PADDING, axis=1)  # 1 at the end
    y = np.where(ended > 1, -1, targets)
    return Encoded(model.encode(sentences.sources), y, sentences.into)


def padded_normal(rows, length):
    """Lists of words in their normal form, a string tensor `(rows, length)`."""
    words = tf.ragged.constant(rows, dtype=tf.string, ragged_rank=1)
    return normalize(words.to_tensor("", shape=[None, length]), STYLE)
