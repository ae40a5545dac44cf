import keras
from keras import ops


@keras.saving.register_keras_serializable(package="modzoo")
class AnnotatedWordDropout(keras.layers.Layer):
    """Hides words that a knowledge source annotates, in training.

    A word that the source knows and the training text repeats can be learned by heart, and
    the source is then never needed until a new word comes. With a share of such words
    hidden, what is learned of a word's surroundings is learned of its annotation too.

    Args:
        rate: Float in `[0, 1)`, share of the annotated words that is hidden.
        seed: Integer.

    Call arguments:
        embedded: Word embeddings, `(batch, time, width)`.
        annotated: Number `(batch, time)`, not 0 where some source annotates the word.

    Output shape: that of `embedded`; hidden words are zero.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}.")
        self.rate = rate
        self.seed = seed
        self.supports_masking = True
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, embedded_shape, annotated_shape):
        self.built = True

    def call(self, embedded, annotated, training=False):
        if not training or not self.rate:
            return embedded
        drawn = keras.random.uniform(ops.shape(annotated), seed=self.seed_generator)
        hidden = ops.logical_and(drawn < self.rate, annotated != 0)
        return ops.where(ops.expand_dims(hidden, -1), ops.zeros_like(embedded), embedded)

    def compute_output_shape(self, embedded_shape, annotated_shape):
        return embedded_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
