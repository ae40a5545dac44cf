import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class LinearWarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A step size that rises linearly to its peak, then falls linearly to 0, as BERT's.

    Args:
        peak: Float, the highest step size.
        steps: Integer, number of steps, after which it is 0.
        warm_up: Integer in `[0, steps)`, steps until the peak.
        decay: Float in `(0, 1]`, share of the steps after that in which it falls; before, it stays.

    Call arguments:
        step: Integer, steps that were taken.

    Returns:
        Float32 scalar.

    Raises:
        ValueError: If `warm_up` or `decay` are outside of their ranges.

    Reference:
    - [Devlin et al., 2019, BERT](https://arxiv.org/abs/1810.04805), appendix A.2
    """

    def __init__(self, peak, steps, warm_up, decay=1.0):
        super().__init__()
        if not 0 <= warm_up < steps:
            raise ValueError(
                "`warm_up` must be at least 0 and below `steps`. "
                f"Received: warm_up={warm_up}, steps={steps}."
            )
        if not 0 < decay <= 1:
            raise ValueError(f"`decay` must be in (0, 1]. Received: decay={decay}.")
        self.peak = peak
        self.steps = steps
        self.warm_up = warm_up
        self.decay = decay

    def __call__(self, step):
        step = ops.cast(step, "float32")
        rising = (step + 1) / (self.warm_up + 1)
        falling = (self.steps - step) / (self.decay * (self.steps - self.warm_up))
        return self.peak * ops.clip(ops.minimum(rising, falling), 0.0, 1.0)

    def get_config(self):
        return {
            "peak": self.peak,
            "steps": self.steps,
            "warm_up": self.warm_up,
            "decay": self.decay,
        }
