"""The temperature of routers, lower from epoch to epoch."""

import keras

from modzoo.layers import StraightThroughRouter


class TemperatureSchedule(keras.callbacks.Callback):
    """Sets the temperature of all routers of a model as each epoch begins.

    In epoch `n`, from 0, it is `max(floor, initial * decay ** n)`; a training that resumes goes on
    where it was. The defaults are the paper's, but for the floor: without one gradients of the
    policies vanish. `initial=5, decay=0.9` trained better on simulated data.

    Args:
        initial: Float above 0, the temperature of the first epoch.
        decay: Float in `(0, 1]`, by which each epoch multiplies it.
        floor: Float above 0, below which it does not fall.

    Raises:
        ValueError: If a number is out of its range, or the model has no
            `modzoo.layers.StraightThroughRouter`.

    Reference:
    - Xu et al., 2021, Multi-Task Recurrent Modular Networks
    """

    def __init__(self, initial=100.0, decay=0.5, floor=0.5):
        super().__init__()
        if not (initial > 0 and floor > 0):
            raise ValueError(
                "`initial` and `floor` must be above 0. "
                f"Received: initial={initial}, floor={floor}."
            )
        if not 0 < decay <= 1:
            raise ValueError(f"`decay` must be in (0, 1]. Received: decay={decay}.")
        self.initial = initial
        self.decay = decay
        self.floor = floor

    def on_train_begin(self, logs=None):
        if not self._routers():
            raise ValueError(
                "TemperatureSchedule needs a model with a layer that routes. "
                f"Received: {self.model.name!r}, whose layers are "
                f"{[layer.name for layer in self.model.layers]}."
            )

    def on_epoch_begin(self, epoch, logs=None):
        for router in self._routers():
            router.temperature.assign(max(self.floor, self.initial * self.decay**epoch))

    def _routers(self):
        layers = self.model._flatten_layers()
        return [layer for layer in layers if isinstance(layer, StraightThroughRouter)]
