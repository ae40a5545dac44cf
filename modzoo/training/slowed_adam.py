import keras


@keras.saving.register_keras_serializable(package="modzoo")
class SlowedAdam(keras.optimizers.Adam):
    """Adam that takes smaller steps at some weights, as those of a pretrained part.

    Args:
        learning_rate: Step size, a float or a schedule, of the other weights.
        slowed: List of the paths of the slowed weights, such as `[v.path for v in
            part.trainable_variables]`.
        factor: Float, their step size as a share of the others'.
        **kwargs: Further arguments of `keras.optimizers.Adam`.
    """

    def __init__(self, learning_rate=0.001, slowed=(), factor=1.0, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.slowed = frozenset(slowed)
        self.factor = factor

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        pairs = list(zip(grads, trainable_variables, strict=True))
        for is_slowed, factor in ((False, 1.0), (True, self.factor)):
            some = [pair for pair in pairs if (pair[1].path in self.slowed) == is_slowed]
            if some:
                grads, variables = zip(*some, strict=True)
                super()._backend_update_step(list(grads), list(variables), factor * learning_rate)

    def get_config(self):
        return {**super().get_config(), "slowed": sorted(self.slowed), "factor": self.factor}
