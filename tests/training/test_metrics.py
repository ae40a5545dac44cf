import keras
import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import f1_score, recall_score

from modzoo.data.examples import TextExamples
from modzoo.training import BitsPerDim, MacroRecall, MicroF1, ScoreCosine, class_weights

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 200)
LOGITS = RNG.normal(size=(200, 3)).astype("float32")


def result_of(metric, labels=LABELS, logits=LOGITS, **kwargs):
    for part in (slice(0, 150), slice(150, None)):
        metric.update_state(labels[part], logits[part], **kwargs)
    return float(metric.result())


def test_macro_recall():
    expected = recall_score(LABELS, LOGITS.argmax(-1), average="macro")
    assert result_of(MacroRecall(3)) == pytest.approx(expected, abs=1e-6)
    assert result_of(MacroRecall(3), LABELS[:, None]) == pytest.approx(expected, abs=1e-6)


def test_micro_f1_of_some_classes():
    def expected(classes, **kwargs):
        return f1_score(LABELS, LOGITS.argmax(-1), labels=classes, average="micro", **kwargs)

    weights = RNG.uniform(size=len(LABELS)).astype("float32")
    assert result_of(MicroF1()) == pytest.approx(expected([0, 1]), abs=1e-6)
    assert result_of(MicroF1(), LABELS[:, None]) == pytest.approx(expected([0, 1]), abs=1e-6)
    assert result_of(MicroF1([2])) == pytest.approx(expected([2]), abs=1e-6)
    metric = MicroF1.from_config(MicroF1([0, 2]).get_config())
    metric.update_state(LABELS, LOGITS, sample_weight=weights)
    weighted = expected([0, 2], sample_weight=weights)
    assert float(metric.result()) == pytest.approx(weighted, abs=1e-5)
    metric.reset_state()
    assert float(metric.result()) == 0


@pytest.mark.one_backend
def test_class_weights():
    labels = np.array([0, 0, 0, 1])
    examples = TextExamples(["a"] * 4, labels, ["a", "b"], "train", "four texts")
    assert class_weights(examples, 1) == {0: pytest.approx(2 / 3), 1: 2}
    assert class_weights(examples, 0) == {0: 1, 1: 1}


def test_macro_recall_leaves_out_a_class_without_examples():
    two = LABELS < 2
    logits = LOGITS[two].copy()
    logits[:, 2] = -9
    metric = MacroRecall(3)
    metric.update_state(LABELS[two], logits)
    expected = recall_score(LABELS[two], logits.argmax(-1), average="macro")
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
    metric.reset_state()
    assert float(metric.result()) == 0


def test_macro_recall_weighs_samples():
    metric = MacroRecall(3)
    metric.update_state(LABELS, LOGITS, sample_weight=LABELS != 0)
    expected = recall_score(LABELS, LOGITS.argmax(-1), labels=[1, 2], average="macro")
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_score_cosine():
    scores = np.array([-1.0, 0.0, 2.0])
    gold, means = scores[LABELS], softmax(LOGITS, axis=-1) @ scores
    expected = gold @ means / np.linalg.norm(gold) / np.linalg.norm(means)
    assert result_of(ScoreCosine(scores)) == pytest.approx(expected, abs=1e-5)
    assert float(ScoreCosine(scores).result()) == 0


def test_bits_per_dim():
    expected = -np.log2(softmax(LOGITS, axis=-1)[np.arange(200), LABELS]).mean()
    assert result_of(BitsPerDim()) == pytest.approx(expected, rel=1e-5)
    labels, logits = LABELS.reshape(2, 100), LOGITS.reshape(2, 100, 3)  # as pixels of pictures
    assert result_of(BitsPerDim(), labels, logits) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("metric", [MacroRecall(3), ScoreCosine([-1, 0, 1]), BitsPerDim()])
def test_config(metric):
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert result_of(again) == result_of(metric)
