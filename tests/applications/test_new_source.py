"""A kind of knowledge that the package does not know: a class, and a line in the table."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf

from modzoo.applications import sentiment
from modzoo.data.examples import TextExamples
from modzoo.errors import CallError
from modzoo.files import read_lines
from modzoo.knowledge import Source, Words
from modzoo.knowledge.registry import KINDS

TEXTS = ["A GREAT film , not a bad one", "Dull ; the PLOT is awful", "fine", ""]
EXAMPLES = TextExamples(TEXTS, np.array([1, 0, 1, 0]), ["negative", "positive"], "train", "x")


class Shouting(Source):
    """Whether a word stands in capitals, with a loudness that is learned: letters on average."""

    width = 2
    is_sparse = True

    def __init__(self, name, loudness=None):
        super().__init__(name)
        self.loudness = loudness

    @classmethod
    def make(cls, name, material):
        return cls(name, float(np.mean([len(text) for text in material.texts])))

    @property
    def is_loaded(self):
        return self.loudness is not None

    @property
    def assets(self):
        return (f"{self.name}.txt",)

    def annotate(self, words):
        loud = tf.cast(tf.strings.regex_full_match(words.written, "[A-Z]{2,}"), tf.float32)
        return tf.stack([self.loudness * loud, loud], -1)

    def describe(self, words):
        rows = self.annotate(words).numpy()
        return [["loud" if there else None for _, there in row] for row in rows]

    def save_assets(self, folder):
        with open(os.path.join(folder, *self.assets), "w") as file:
            file.write(f"{self.loudness}\n")

    def load_assets(self, folder):
        ((_, line),) = read_lines(os.path.join(folder, *self.assets))
        self.loudness = float(line)


@pytest.fixture(autouse=True)
def in_the_table(monkeypatch):
    monkeypatch.setitem(KINDS, "Shouting", (__name__, ("shouting",)))


def classifier():
    sources = ("token", "shouting", "afinn")
    settings = sentiment.ModelSettings(sources=sources, units=4, embedding_dim=6)
    return sentiment.build_classifier(settings, EXAMPLES)


def predicted(model):
    return model.predict(np.array(TEXTS, dtype=object), verbose=0)


def test_it_is_annotated_explained_and_switched_off():
    model = classifier()
    features = model.preprocessor(np.array(TEXTS, dtype=object))
    loud = keras.ops.convert_to_numpy(features["shouting"])
    assert loud.shape == (4, 8, 2)
    assert loud[..., 1].sum() == 2
    record = sentiment.explain(model, TEXTS[0])
    assert record["modules"] == ["token", "shouting", "afinn"]
    assert record["annotations"]["shouting"] == [None, "loud", *[None] * 6]
    off = sentiment.without(model, ["shouting"])
    assert not any(sentiment.explain(off, TEXTS[0])["active"][1])


def assert_same(a, b):
    np.testing.assert_allclose(predicted(a), predicted(b), atol=1e-6)
    assert a.backbone.sources[1].get_config() == {"kind": "Shouting", "name": "shouting"}
    assert a.preprocessor.tokenizer.sources[1].loudness == np.mean([len(text) for text in TEXTS])


def test_it_is_trained_and_saved(tmp_path):
    model = classifier()
    model.save_to_preset(tmp_path / "preset")
    assert_same(sentiment.SentimentClassifier.from_preset(str(tmp_path / "preset")), model)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    texts = np.array(TEXTS, dtype=object)
    history = model.fit(texts, EXAMPLES.labels, shuffle=False, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    model.save(tmp_path / "m.keras")
    assert_same(keras.saving.load_model(tmp_path / "m.keras"), model)


def test_a_file_of_an_unknown_kind_is_refused(tmp_path, monkeypatch):
    classifier().save_to_preset(tmp_path / "preset")
    monkeypatch.delitem(KINDS, "Shouting")
    with pytest.raises(CallError, match="no kind of source 'Shouting'; there is: Tokens"):
        sentiment.SentimentClassifier.from_preset(str(tmp_path / "preset"))


def test_a_kind_must_annotate():
    words = Words(tf.constant([["a"]]), tf.constant([["a"]]))
    with pytest.raises(NotImplementedError, match="Source has no `annotate`"):
        Source("x").annotate(words)
