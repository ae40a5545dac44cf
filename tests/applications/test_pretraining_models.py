"""TIM-BERT beside its oracle and beside BERT, and its heads."""

import dataclasses

import keras
import keras_hub
import numpy as np
import pytest

from modzoo.applications.interface import copy_of
from modzoo.applications.pretraining import (
    VARIANTS,
    MaskedTrainingSettings,
    ModelSettings,
    TIMBertBackbone,
    TIMBertClassifier,
    TIMBertMaskedLM,
    WordPieceCrossEntropy,
    build_backbone,
    masked_lm_training,
    without,
)
from tests.backends import randomise, to_numpy
from tests.layers.test_tim_block import named_weights
from tests.reference import tim_bert
from tests.reference.tim import Layer

RNG = np.random.default_rng(0)
VOCABULARY, TIME = 11, 6
IDS = RNG.integers(0, VOCABULARY, (3, TIME)).astype("int32")
MASK = np.arange(TIME) < np.array([[6], [4], [1]])
FEATURES = {"token_ids": IDS, "padding_mask": MASK}
POSITIONS = np.array([[0, 5], [3, 1], [0, 0]], "int32")
MASKED = {**FEATURES, "mask_positions": POSITIONS}
LOGITS = RNG.normal(size=(3, 2, VOCABULARY)).astype("float32")
WEIGHTS = np.array([[1, 1], [1, 0], [0, 0]], "float32")


def backbone_of(num_mechanisms=2, num_layers=4, **options):
    sizes = {"num_layers": num_layers, "num_heads": 4, "hidden_dim": 16, "intermediate_dim": 32}
    options = {"num_mechanisms": num_mechanisms, "max_sequence_length": 8, **options}
    backbone = TIMBertBackbone(VOCABULARY, **sizes, **options)
    randomise(backbone, scale=0.3)
    return backbone


def float64(*variables):
    return [to_numpy(variable).astype("float64") for variable in variables]


def of_oracle(backbone):
    """States and competition by the oracle."""
    own = {"normalize_first": backbone.normalize_first, "distance_bias": backbone.distance_bias}
    layers = [
        Layer(named_weights(block), n, 4, competition=n > 1, communication=n > 1, **own)
        for block in backbone.encoder.blocks
        for n in [block.num_mechanisms]
    ]
    return tim_bert.states(
        IDS,
        MASK,
        *float64(
            backbone.token_embedding.embeddings,
            backbone.position_embedding.position_embeddings,
            backbone.embedding_norm.gamma,
            backbone.embedding_norm.beta,
        ),
        layers,
        float64(*backbone.final_norm.weights) if backbone.normalize_first else None,
    )


@pytest.mark.parametrize("small_budget", [False, True])
def test_states_and_competition_are_those_of_the_oracle(small_budget):
    backbone = backbone_of(
        activation="relu", normalize_first=small_budget, distance_bias=small_budget
    )
    assert backbone.mechanism_layers == [2]
    found = to_numpy(backbone.decisions_model().predict_on_batch(FEATURES))
    h, competition = of_oracle(backbone)
    np.testing.assert_allclose(found["sequence"][MASK], h[MASK], atol=2e-5)
    np.testing.assert_allclose(
        found["competition"][MASK], np.stack(competition, axis=2)[MASK], atol=1e-5
    )
    assert (found["competition"][~MASK] == 0).all()
    np.testing.assert_allclose(
        to_numpy(backbone.predict_on_batch(FEATURES)), found["sequence"], atol=1e-6
    )


def test_one_mechanism_is_bert():
    backbone = backbone_of(num_mechanisms=1, activation="gelu", num_layers=2)
    assert backbone.mechanism_layers == []
    bert = keras_hub.models.BertBackbone(VOCABULARY, 2, 4, 16, 32, max_sequence_length=8)
    embeddings = bert.token_embedding, bert.position_embedding, bert.embeddings_layer_norm
    own = backbone.token_embedding, backbone.position_embedding, backbone.embedding_norm
    for theirs, ours in zip(embeddings, own, strict=True):
        theirs.set_weights(ours.get_weights())
    bert.segment_embedding.set_weights([np.zeros((2, 16))])
    for layer, block in zip(bert.transformer_layers, backbone.encoder.blocks, strict=True):
        copy_block(block, layer)
    expected = bert.predict_on_batch(
        {**FEATURES, "padding_mask": MASK.astype("int32"), "segment_ids": 0 * IDS}
    )
    found = to_numpy(backbone.predict_on_batch(FEATURES))
    np.testing.assert_allclose(
        found[MASK], to_numpy(expected["sequence_output"])[MASK], atol=2e-3
    )  # their GELU is an approximation


def copy_block(block, layer):
    """The weights of a `TIMBlock` of one mechanism, in a layer of keras_hub."""
    kernel, bias, output_kernel, output_bias = (w[0] for w in block.self_attention.get_weights())
    attention = layer._self_attention_layer
    maps = attention.query_dense, attention.key_dense, attention.value_dense
    for dense, k, b in zip(maps, np.split(kernel, 3, -1), np.split(bias, 3, -1), strict=True):
        dense.set_weights([k.reshape(16, 4, 4), b.reshape(4, 4)])
    attention.output_dense.set_weights([output_kernel.reshape(4, 4, 16), output_bias[0]])
    layer._self_attention_layer_norm.set_weights(block.self_attention_norm.get_weights())
    for name, own in (
        ("_feedforward_intermediate_dense", block.feedforward_intermediate),
        ("_feedforward_output_dense", block.feedforward_output),
    ):
        kernel, bias = own.get_weights()
        getattr(layer, name).set_weights([kernel[0], bias])
    layer._feedforward_layer_norm.set_weights(block.feedforward_norm.get_weights())


def test_logits_of_masked_places():
    model = TIMBertMaskedLM(backbone_of(activation="relu"))
    randomise(model, scale=0.3)
    decided = to_numpy(model.decisions_model().predict_on_batch(MASKED))
    found = to_numpy(model.predict_on_batch(MASKED))
    assert found.shape == (3, 2, VOCABULARY)
    np.testing.assert_allclose(decided["logits"], found, atol=1e-6)
    weights = {
        w.path.split("head/")[1]: to_numpy(w) for w in model.head.weights if "head" in w.path
    }
    h, _ = of_oracle(model.backbone)
    (embeddings,) = float64(model.backbone.token_embedding.embeddings)
    expected = tim_bert.masked_logits(h, POSITIONS, weights, embeddings)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    model.set_output_bias(np.arange(VOCABULARY))
    np.testing.assert_allclose(
        to_numpy(model.predict_on_batch(MASKED)),
        found - weights["output_bias"] + np.arange(VOCABULARY),
        atol=1e-4,
    )


@pytest.mark.parametrize(
    "pooling, scores, classes", [("mean", None, 3), ("first", None, 2), ("mean", (1, 5), 1)]
)
def test_what_is_judged_of_texts(pooling, scores, classes):
    backbone = backbone_of(activation="relu", num_layers=3)
    model = TIMBertClassifier(backbone, classes, scores=scores, pooling=pooling)
    randomise(model, scale=0.3)
    h, _ = of_oracle(backbone)
    weights = float64(*model.output_dense.weights)
    np.testing.assert_allclose(
        to_numpy(model.predict_on_batch(FEATURES)),
        tim_bert.judged(h, MASK, *weights, pooling, scores),
        atol=1e-4,
    )


def test_a_copy_and_what_is_switched_off():
    model = TIMBertMaskedLM(backbone_of())
    before = to_numpy(model.predict_on_batch(MASKED))
    np.testing.assert_array_equal(to_numpy(copy_of(model).predict_on_batch(MASKED)), before)
    off = without(model, ["2:1"])
    competition = to_numpy(off.decisions_model().predict_on_batch(MASKED))["competition"]
    np.testing.assert_allclose(competition[MASK][:, 0], [[1, 0]] * MASK.sum(), atol=1e-6)
    assert np.abs(to_numpy(off.predict_on_batch(MASKED)) - before).max() > 1e-3
    np.testing.assert_array_equal(to_numpy(model.predict_on_batch(MASKED)), before)


def test_a_step_of_training_reaches_every_weight():
    model = TIMBertMaskedLM(backbone_of(dropout=0.1))
    model.compile(keras.optimizers.SGD(0.1), jit_compile=keras.backend.backend() == "jax")
    before = [w.numpy() for w in model.trainable_variables]
    weights = np.array([[1, 1], [1, 0], [1, 0]], "float32")
    model.train_on_batch(MASKED, IDS[:, :2], weights)
    for old, weight in zip(before, model.trainable_variables, strict=True):
        assert np.abs(weight.numpy() - old).max() > 0, weight.path


def num_parameters(**settings):
    """Of a backbone that is not drawn."""
    settings = ModelSettings(**settings)
    with keras.StatelessScope(initialize_variables=False):
        return build_backbone(settings, settings.vocabulary_size).count_params()


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "variant, millions", [("paper", 130), ("paper_bert_110m", 110), ("paper_bert_130m", 130)]
)
def test_the_sizes_of_the_paper(variant, millions):
    names = {field.name for field in dataclasses.fields(ModelSettings)}
    settings = {name: x for name, x in VARIANTS[variant].items() if name in names}
    assert num_parameters(**settings) == pytest.approx(millions * 1e6, rel=0.02)


@pytest.mark.one_backend
def test_bert_is_of_the_size_of_tim():
    assert num_parameters(**VARIANTS["bert"]) == pytest.approx(num_parameters(), rel=0.005)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
def test_the_loss_is_that_of_keras(reduction):
    keras_own = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
    for weights in (None, WEIGHTS):
        found, expected = (
            float(to_numpy(loss(IDS[:, :2], LOGITS, weights)))
            for loss in (WordPieceCrossEntropy(reduction=reduction), keras_own)
        )
        assert found == pytest.approx(expected, rel=1e-6)


def test_the_loss_in_training_is_the_mean_of_what_is_masked():
    loss = masked_lm_training(MaskedTrainingSettings(), 10)["loss"]
    found = float(to_numpy(loss(IDS[:, :2], LOGITS, WEIGHTS)))
    assert found == pytest.approx(tim_bert.loss(LOGITS, IDS[:, :2], WEIGHTS), rel=1e-5)
