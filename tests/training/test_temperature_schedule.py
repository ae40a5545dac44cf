import keras
import numpy as np
import pytest

from modzoo.layers import RoutedDecoder, RoutedEncoder
from modzoo.training import TemperatureSchedule


def routed():
    inputs = keras.Input((None, 3))
    encoded = RoutedEncoder(2, 3, 2, 2)(inputs)
    return keras.Model(inputs, RoutedDecoder(1, 3, 2, 2)(encoded)[0])


def fit(model, schedule, epochs, first_epoch=0):
    """The temperatures of encoder and decoder in each epoch."""
    found = []
    seen = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: found.append(
            [float(layer.router.temperature.numpy()) for layer in model.layers[1:]]
        )
    )
    x, y = np.ones((2, 4, 3), "float32"), np.ones((2, 4, 3), "float32")
    model.compile("adam", "mse", jit_compile=keras.backend.backend() == "jax")
    model.fit(x, y, epochs=epochs, initial_epoch=first_epoch, callbacks=[schedule, seen], verbose=0)
    return found


def test_the_temperature_falls_to_its_floor_and_resumes(tmp_path):
    model = routed()
    assert fit(model, TemperatureSchedule(8.0, 0.5, 1.5), 4) == [[t, t] for t in (8, 4, 2, 1.5)]
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert float(again.layers[1].router.temperature.numpy()) == 1.5
    assert fit(again, TemperatureSchedule(8.0, 0.5, 0.5), 5, first_epoch=3) == [[1, 1], [0.5, 0.5]]


@pytest.mark.one_backend
def test_a_model_without_routes():
    model = keras.Sequential([keras.Input((None, 3)), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="a layer that routes"):
        fit(model, TemperatureSchedule(), 1)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "arguments", [{"initial": 0}, {"floor": -1.0}, {"decay": 0}, {"decay": 1.5}]
)
def test_wrong_arguments(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"{name}={arguments[name]}"):
        TemperatureSchedule(**arguments)
