import keras
import numpy as np

LARGEST = 700.0  # nats of which a float knows the perplexity


class PerplexityOfLoss(keras.callbacks.Callback):
    """Adds the perplexity to an epoch's figures: of a loss that is a mean cross-entropy in nats.

    A metric would compute the cross-entropy a second time, which costs a training step in half
    precision up to a twentieth.
    """

    def on_epoch_end(self, epoch, logs=None):
        for name in ("loss", "val_loss"):
            if name in logs:
                perplexity = np.exp(np.minimum(logs[name], LARGEST))
                logs[name.replace("loss", "perplexity")] = float(perplexity)
