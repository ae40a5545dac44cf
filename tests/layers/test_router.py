import keras
import numpy as np
import pytest

from modzoo.layers import StraightThroughRouter
from tests.backends import outputs, outputs_and_gradients
from tests.reference.routing import softmax_1

SCORES = np.random.default_rng(0).normal(size=(3, 4, 6)).astype("float32")


def built(**arguments):
    router = StraightThroughRouter(**arguments)
    router.build(SCORES.shape)
    return router


def decide(router, scores=SCORES, **kwargs):
    scores = keras.ops.convert_to_tensor(scores)
    return outputs(lambda: router(scores, **kwargs), router.variables)


def drawn(**arguments):
    """The noise of a router's first call."""
    noise = built(**arguments).draw((*SCORES.shape[:-1], 3), training=True)
    return keras.ops.convert_to_numpy(noise)


@pytest.mark.parametrize("training", [False, True])
def test_the_larger_score_decides(training):
    router = built(sampling="never")
    pairs = SCORES.reshape(3, 4, 3, 2)
    np.testing.assert_array_equal(decide(router, training=training), pairs.argmax(-1))


def test_ties_stay_closed():
    assert not decide(built(), np.ones_like(SCORES)).any()


@pytest.mark.parametrize("sampling", ["training", "always"])
def test_noise_moves_decisions(sampling):
    arguments = {"sampling": sampling, "seed": 3}
    found = decide(built(**arguments), training=sampling == "training")
    pairs = SCORES.reshape(3, 4, 3, 2).astype("float64")
    pairs[..., 1] += drawn(**arguments)
    np.testing.assert_array_equal(found, pairs.argmax(-1))
    assert np.any(found != SCORES.reshape(3, 4, 3, 2).argmax(-1))


def test_no_noise_at_inference_unless_asked():
    quiet = decide(built(sampling="never"))
    np.testing.assert_array_equal(decide(built(seed=3)), quiet)
    np.testing.assert_array_equal(decide(built(seed=4)), quiet)


def test_two_calls_draw_other_noise():
    router = built(seed=3)
    shape = (3, 4, 3)
    first, second = (keras.ops.convert_to_numpy(router.draw(shape, True)) for _ in range(2))
    assert np.all(np.isfinite(first)) and np.any(first != second)


@pytest.mark.parametrize("score", [-1.0, 0.0, 2.0])
def test_routes_open_as_often_as_the_softmax_says(score):
    """Gumbel-max: at the temperature 1 the softmax is the chance of opening."""
    scores = np.tile(np.array([0.0, score], "float32"), (1, 20_000))
    found = decide(StraightThroughRouter(sampling="always", seed=1), scores)
    assert abs(found.mean() - softmax_1([0.0, score], 0.0, 1.0)) < 0.015  # four deviations


@pytest.mark.parametrize("temperature", [0.5, 1.0, 100.0])
@pytest.mark.parametrize("noisy", [False, True])
def test_the_straight_through_gradient_is_that_of_the_softmax(noisy, temperature):
    arguments = {
        "temperature": temperature,
        "sampling": "always" if noisy else "never",
        "seed": 5,
    }
    noise = drawn(**arguments) if noisy else np.zeros((3, 4, 3))
    router, scores = built(**arguments), keras.Variable(SCORES)
    share = np.random.default_rng(1).normal(size=(3, 4, 3)).astype("float32")

    def loss():
        decisions = router(keras.ops.convert_to_tensor(scores))
        return keras.ops.sum(decisions * keras.ops.convert_to_tensor(share)), ()

    _, (found,) = outputs_and_gradients(loss, [scores])
    for place in np.ndindex(3, 4, 3):
        pair = slice(2 * place[-1], 2 * place[-1] + 2)
        mu = softmax_1(SCORES[place[:-1]][pair], noise[place], temperature)
        slope = share[place] * mu * (1 - mu) / temperature
        np.testing.assert_allclose(found[place[:-1]][pair], [-slope, slope], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": 0.0}, "temperature=0.0"),
        ({"temperature": float("nan")}, "temperature=nan"),
        ({"sampling": "sometimes"}, "sampling='sometimes'"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        StraightThroughRouter(**arguments)


def test_scores_come_in_pairs():
    with pytest.raises(ValueError, match="pairs of scores"):
        StraightThroughRouter()(SCORES[..., :5])
