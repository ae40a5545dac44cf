import keras
import keras_hub
from keras import ops

from modzoo.errors import CallError
from modzoo.knowledge.described import described

POOLING = ("mean", "first")
SEQUENCE = ("sequence_output", "encoder_sequence_output")
INPUTS = {"token_ids", "padding_mask", "segment_ids"}


@keras.saving.register_keras_serializable(package="modzoo")
class WordVectors(keras.layers.Layer):
    """A language model's vector for each word: the mean of the states at its pieces, or the first.

    A word of no pieces has the zero vector, and so has padding.

    Args:
        backbone: `keras_hub.models.Backbone` of a text encoder, whose inputs are token ids, a
            padding mask and, in some, segments.
        pooling: `"mean"` or `"first"`.
        lora_rank: Integer, rank of the low-rank maps that alone are trained, with the biases,
            beside the queries and values of the attention (LoRA). None: all weights are trained.

    Call arguments:
        pieces: Integers `(batch, windows, pieces, 2)`, as `modzoo.knowledge.pieces.Pieces` has
            them.
        padding_mask: Booleans `(batch, time)`.

    Output shape: `(batch, time, width)`.

    Raises:
        CallError: If the backbone is no encoder of texts, or has no layers for LoRA.

    Reference:
    - [Hu et al., 2021, LoRA](https://arxiv.org/abs/2106.09685)
    """

    def __init__(self, backbone, pooling="mean", lora_rank=None, **kwargs):
        super().__init__(**kwargs)
        if pooling not in POOLING:
            raise ValueError(f"`pooling` must be one of {POOLING}. Received: pooling={pooling!r}.")
        self.backbone = backbone
        self.pooling = pooling
        self.width = _states(backbone, backbone.output).shape[-1]
        if not {"token_ids", "padding_mask"} <= backbone.input.keys() <= INPUTS:
            raise CallError(
                f"{type(backbone).__name__} reads {', '.join(sorted(backbone.input))}; a language "
                "model for words reads token ids and a padding mask alone, as BERT and RoBERTa."
            )
        read = keras.Model(backbone.input, _states(backbone, backbone.output)).layers
        for layer in backbone.layers:
            if layer not in read:  # what BERT has for sentences
                layer.trainable = False
        self.lora_rank = lora_rank
        if lora_rank is not None:
            backbone.enable_lora(lora_rank)
            if not self._adapted:
                raise CallError(
                    f"{type(backbone).__name__} has no queries and values of attention that LoRA "
                    "can adapt; leave --lora-rank out."
                )

    @property
    def _adapted(self):
        """The layers that LoRA adapts."""
        layers = self.backbone._flatten_layers(include_self=False)
        return [layer for layer in layers if getattr(layer, "lora_enabled", False)]

    def renew_lora(self):
        """Draws the low-rank maps anew, where Keras has merged them with the weights and left
        zeros, from which nothing is learned: in a model that was loaded."""
        for layer in self._adapted:
            a = layer.lora_kernel_a
            if not keras.ops.convert_to_numpy(a).any():
                a.assign(keras.initializers.HeUniform()(a.shape, dtype=a.dtype))

    def build(self, pieces_shape, padding_mask_shape):
        self.built = True

    def call(self, pieces, padding_mask, training=None):
        batch, windows, length = ops.shape(pieces)[:3]
        words = ops.reshape(pieces[..., 1], (-1, length))
        inputs = {
            "token_ids": ops.reshape(pieces[..., 0], (-1, length)),
            "padding_mask": words >= 0,
            "segment_ids": ops.zeros_like(words),
        }
        inputs = {name: inputs[name] for name in self.backbone.input}
        states = _states(self.backbone, self.backbone(inputs, training=training))
        states = ops.reshape(states, (batch, windows * length, self.width))
        words = ops.reshape(words, (batch, 1, windows * length))
        numbers = ops.where(padding_mask, 1, 0) * (ops.arange(ops.shape(padding_mask)[1]) + 1)
        is_of = ops.logical_and(words == numbers[..., None], words > 0)  # (batch, time, pieces)
        share = ops.cast(is_of, states.dtype)
        if self.pooling == "first":
            share = share * ops.cast(ops.cumsum(share, axis=-1) == 1, states.dtype)
        share = share / ops.maximum(ops.sum(share, axis=-1, keepdims=True), 1)
        return ops.matmul(share, states)

    def compute_output_shape(self, pieces_shape, padding_mask_shape):
        return (*padding_mask_shape, self.width)

    def get_config(self):
        return {
            **super().get_config(),
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "pooling": self.pooling,
            "lora_rank": self.lora_rank,
        }

    @classmethod
    def from_config(cls, config):
        backbone = described(config["backbone"], keras_hub.models.Backbone)
        return cls(**{**config, "backbone": backbone})


def _states(backbone, outputs):
    """What a backbone gives for each piece, of all that it gives."""
    if not isinstance(outputs, dict):
        return outputs
    for name in SEQUENCE:
        if name in outputs:
            return outputs[name]
    raise CallError(
        f"{type(backbone).__name__} gives {', '.join(outputs)}, and no states of the pieces of a "
        "text."
    )
