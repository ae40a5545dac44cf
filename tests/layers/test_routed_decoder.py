import keras
import numpy as np
import pytest

from modzoo.layers import RoutedDecoder, RoutedEncoder, StraightThroughRouter
from tests.backends import outputs, outputs_and_gradients, randomise
from tests.layers.test_routed_encoder import MASK, each, tensor, weights_of, with_losses
from tests.reference import routing as oracle
from tests.reference.rim import directional_difference

WIDTH, OWN_WIDTHS = 3, (2, 4, 1)  # of a sub-encoder, and of what the tasks bring along
SMALL = {
    "num_tasks": 2,
    "units": 4,
    "num_layers": 3,
    "num_modules": 2,
    "activation": "tanh",
    "sparsity_threshold": 0.7,  # at a whole number of routes the penalty has no derivative
}
CASES = {
    "encoder_alone": (False, {}),
    "own_states": (True, {}),
    "one_each": (True, {"num_tasks": 1, "num_layers": 2, "num_modules": 1}),
    "three_tasks": (True, {"num_tasks": 3, "policy_units": 2, "temperature": 0.5}),
    "noise": (True, {"sampling": "always", "seed": 7, "num_modules": 3}),
    "disabled": (False, {"disabled": [(0, 1), (1, 1, 0)]}),
    "penalty": (True, {"sparsity_weight": 0.3, "sparsity_threshold": 0.21}),
}


def arrays(decoder, has_own):
    rng = np.random.default_rng(0)
    widths = [decoder.num_sources * WIDTH, *OWN_WIDTHS[: decoder.num_tasks if has_own else 0]]
    return [rng.normal(size=(*MASK.shape, width)).astype("float32") for width in widths]


def built(has_own=True, connection_bias=0.0, **arguments):
    """A layer with random weights, and what it reads."""
    decoder = RoutedDecoder(**{**SMALL, "return_decisions": True, **arguments})
    inputs = arrays(decoder, has_own)
    decoder.build([x.shape for x in inputs])
    randomise(decoder)
    if decoder.routing == "learned":
        bias = decoder.policy.score_bias  # about half of the routes are open
        bias.assign(bias + np.array([0.0, connection_bias]))
    return decoder, inputs


def by_task(decoder, weights, has_own):
    """Weights as the oracle takes them."""
    p, w, tasks = decoder.policy_units, decoder.units, decoder.num_tasks

    def part(name, j, width):
        return weights[name][..., j * width : (j + 1) * width]

    def policy(task):
        kernel = part("policies/hidden_kernel", task, p)
        if has_own:
            kernel = np.concatenate([kernel, weights["context/kernel"][task]])
        hidden = kernel, part("policies/hidden_bias", task, p)
        return hidden, (
            weights["policies/score_kernel"][task],
            weights["policies/score_bias"][task],
        )

    def sub_decoder(task, layer):
        j = layer * tasks + task
        parts = "sub_decoders/hidden", "sub_decoders/outer"
        return [(weights[f"{at}/kernel"][j], part(f"{at}/bias", j, w)) for at in parts]

    layers = range(decoder.num_layers - 1)
    return {
        "policies": [policy(task) for task in range(tasks)],
        "states": [weights[f"state_{task}/kernel"] for task in range(tasks) if has_own],
        "sub_decoders": [[sub_decoder(task, layer) for layer in layers] for task in range(tasks)],
    }


def reference(decoder, weights, inputs, router, mask):
    encoded, *own = (x.astype("float64") for x in inputs)
    noise = None
    if decoder.sampling == "always":
        drawn = StraightThroughRouter(sampling="always", seed=decoder.seed)
        shape = (*MASK.shape, decoder.num_sources * decoder.num_tasks)
        noise = keras.ops.convert_to_numpy(drawn.draw(shape, False))
    values, routes, connected = oracle.decode(
        encoded.reshape(*MASK.shape, decoder.num_layers - 1, decoder.num_modules, WIDTH),
        own,
        by_task(decoder, weights, bool(own)),
        router,
        keras.activations.serialize(decoder.activation),
        noise,
        mask,
        decoder.disabled,
    )
    penalty = oracle.penalty(
        connected,
        decoder.num_sources * decoder.num_tasks,
        decoder.sparsity_weight,
        decoder.sparsity_threshold,
        mask,
    )
    return values, routes, penalty


@each(CASES, ("disabled", "three_tasks", "noise_masked"), ("own_states", "noise", "penalty"))
def test_the_equations_and_their_straight_through_gradients(case, masked):
    has_own, arguments = CASES[case]
    decoder, inputs = built(has_own, **arguments)
    mask, kwargs = (MASK, {"mask": tensor(MASK)}) if masked else (None, {})
    router = oracle.Straight(decoder.temperature)
    values, routes, penalty = reference(decoder, weights_of(decoder), inputs, router, mask)
    readout = np.random.default_rng(1).normal(size=values.shape)
    shares = [tensor(share.astype("float32")) for share in readout]

    def loss():
        x = [tensor(x) for x in inputs]
        (ys, decisions), lost = with_losses(decoder, x, **kwargs)
        total = sum(keras.ops.sum(y * s) for y, s in zip(ys, shares, strict=True))
        return total + lost, (ys, decisions["routes"], lost)

    variables = decoder.trainable_variables
    found, gradients = outputs_and_gradients(loss, variables)
    np.testing.assert_allclose(np.stack(found[0]), values, atol=1e-5)
    np.testing.assert_array_equal(np.stack(found[1]), routes)
    np.testing.assert_allclose(found[2], penalty, rtol=1e-5)
    assert 0 < routes.mean() < 1

    def moved(weights):
        router.again()
        values, _, penalty = reference(decoder, weights, inputs, router, mask)
        return np.sum(values * readout) + penalty

    rng, weights = np.random.default_rng(2), weights_of(decoder)
    for name, gradient in zip(weights, gradients, strict=True):
        direction = rng.normal(size=gradient.shape)
        expected = directional_difference(moved, weights, name, direction)
        np.testing.assert_allclose(
            np.sum(gradient * direction), expected, rtol=1e-3, atol=1e-4, err_msg=name
        )


def test_where_nothing_is_routed_outputs_are_finite():
    decoder, inputs = built(connection_bias=-100.0)

    def loss():
        ys, decisions = decoder([tensor(x) for x in inputs])
        total = sum(keras.ops.sum(keras.ops.square(y)) for y in ys)
        return total, (ys, decisions["routes"])

    (ys, routes), gradients = outputs_and_gradients(loss, decoder.trainable_variables)
    assert not np.any(routes)
    assert np.all(np.isfinite(ys)) and all(np.all(np.isfinite(g)) for g in gradients)
    weights = by_task(decoder, weights_of(decoder), True)["sub_decoders"]
    for y, sub_decoders in zip(ys, weights, strict=True):
        of_zeros = [oracle.mlp(np.zeros(WIDTH), networks, "tanh") for networks in sub_decoders]
        np.testing.assert_allclose(y, np.broadcast_to(np.concatenate(of_zeros), y.shape), atol=1e-5)


def test_the_controls_have_no_policies():
    learned, inputs = built(connection_bias=100.0)
    weights, x = weights_of(learned), [tensor(x) for x in inputs]
    control, _ = built(routing="all", sparsity_weight=9.0)
    for v in control.trainable_variables:
        assert "sub_decoders" in v.path
        v.assign(weights[v.path.split("/", 1)[1]])
    expected, _ = outputs(lambda: learned(x), learned.variables)
    (found, decisions), lost = outputs(lambda: with_losses(control, x), control.variables)
    np.testing.assert_allclose(np.stack(found), np.stack(expected), atol=1e-6)
    assert np.all(decisions["routes"]) and not np.any(lost)
    control, (x,) = built(False, routing="random", num_modules=8)
    _, decisions = outputs(lambda: control(tensor(x)), control.variables)
    assert 0.3 < np.mean(decisions["routes"]) < 0.7


def test_what_is_switched_off_has_no_effect():
    decoder, inputs = built(False, connection_bias=100.0)
    decoder.disabled = [(0, 1), (1, 1, 0)]
    first, second = (
        outputs(lambda x=x: decoder(tensor(x)), decoder.variables)
        for x in (inputs[0], inputs[0] + np.repeat([0, 5, 0, 0], WIDTH).astype("float32"))
    )
    for a, b in zip(keras.tree.flatten(first), keras.tree.flatten(second), strict=True):
        np.testing.assert_array_equal(a, b)
    of_tasks = [routes[0, 0] for routes in first[1]["routes"]]
    np.testing.assert_array_equal(of_tasks, [[[1, 0], [1, 1]], [[1, 0], [0, 1]]])


def test_the_policies_of_one_task_do_not_see_another():
    decoder, inputs = built()
    plain = outputs(lambda: decoder([tensor(x) for x in inputs]), decoder.variables)
    inputs[2] = inputs[2] + 3.0
    moved = outputs(lambda: decoder([tensor(x) for x in inputs]), decoder.variables)
    for which in (lambda found: found[0], lambda found: found[1]["routes"]):
        np.testing.assert_array_equal(which(plain)[0], which(moved)[0])
        assert np.any(which(plain)[1] != which(moved)[1])


def test_tasks_behind_one_encoder_train():
    inputs = keras.Input((None, 3))
    encoded = RoutedEncoder(3, 4, 3, 2, seed=1)(keras.layers.Masking()(inputs))
    decoded = RoutedDecoder(2, 5, 3, 2, seed=2)(encoded)
    heads = [keras.layers.Dense(1, name=f"task_{i}")(y) for i, y in enumerate(decoded)]
    model = keras.Model(inputs, heads)
    jit = keras.backend.backend() == "jax"
    model.compile(keras.optimizers.Adam(0.02), "mse", jit_compile=jit)
    x = np.random.default_rng(0).normal(size=(32, 4, 3)).astype("float32")
    x[:, 3] *= np.arange(32)[:, None] % 2
    targets = [x.sum(-1, keepdims=True), x[..., :1]]
    losses = model.fit(x, targets, epochs=40, batch_size=32, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_tasks": 300}, "1000 routes at most. Received: values that make 1200"),
        ({"num_tasks": 0}, "num_tasks=0"),
        ({"units": None}, "units=None"),
        ({"num_layers": 1}, "num_layers=1"),
        ({"num_modules": 0}, "num_modules=0"),
        ({"policy_units": 0}, "policy_units=0"),
        ({"temperature": -1}, "temperature=-1"),
        ({"sampling": "no"}, "sampling='no'"),
        ({"sparsity_weight": -1.0}, "sparsity_weight=-1.0"),
        ({"sparsity_threshold": -0.1}, "sparsity_threshold=-0.1"),
        ({"disabled": [(2, 0)]}, r"triples \(task, layer, module\).*disabled=\[\(2, 0\)\]"),
        ({"disabled": [(2, 0, 0)]}, r"disabled=\[\(2, 0, 0\)\]"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        RoutedDecoder(**{**SMALL, **arguments})


@pytest.mark.parametrize(
    ("widths", "message"),
    [((12, 3), "each of the 2 tasks"), ((13,), "divisible"), ((12, 3, 3, 3), "each of the 2")],
)
def test_wrong_inputs(widths, message):
    inputs = [np.ones((2, 3, width), "float32") for width in widths]
    with pytest.raises(ValueError, match=message):
        RoutedDecoder(**SMALL)(inputs)
