import numpy as np
import tensorflow as tf

from modzoo.applications.pretraining import EXAMPLE
from modzoo.applications.pretraining.tokenizer import SPECIAL
from modzoo.serving import Servable, Signature, for_all, network_signature

EXAMPLES = ([EXAMPLE], [f"{EXAMPLE} . it costs 3.50 , [MASK] !", "", "no mask"])
TOP = 5


def servable(model):
    """A masked language model as `modzoo.serving.Servable`.

    `"text"`, strings `(batch,)`, becomes `"fillings"`, the `TOP` likeliest word pieces of each
    `[MASK]`, strings `(batch, masks, TOP)`, empty where a text has fewer masks than another; and
    their `"probabilities"`. Where mechanisms compete `explain` adds `"tokens"`, word pieces
    `(batch, time)`, empty at padding; and the `"competition"`, `(batch, layer, time, mechanism)`,
    in the `"layers"`, `(batch, layer)`, counted from 0.
    """
    preprocessor, decisions = model.preprocessor, model.decisions_model()
    tokenizer = preprocessor.tokenizer
    pieces = tf.constant(tokenizer.get_vocabulary())
    competes = bool(model.mechanism_layers) and model.backbone.competition

    def decided(features):
        outputs = decisions(features, training=False)
        kept = ["logits", "competition"] if competes else ["logits"]
        return {name: tf.cast(outputs[name], "float32") for name in kept}

    def fill(features, logits):
        special = tf.range(len(pieces)) < len(SPECIAL)
        probabilities = tf.nn.softmax(tf.where(special, logits.dtype.min, logits))
        best, places = tf.math.top_k(probabilities, min(TOP, len(pieces)))
        is_masked = features["token_ids"] == tokenizer.mask_token_id
        counts = tf.math.count_nonzero(is_masked, axis=1, dtype=tf.int32)
        is_there = tf.sequence_mask(counts, tf.shape(logits)[1])[..., None]
        return {
            "fillings": tf.where(is_there, tf.gather(pieces, places), ""),
            "probabilities": tf.where(is_there, best, 0.0),
        }

    def serve(batch):
        features = preprocessor.features(batch["text"])
        return fill(features, model(features, training=False))

    def explain(batch):
        features = preprocessor.features(batch["text"])
        outputs = decided(features)
        answer = fill(features, outputs["logits"])
        if competes:
            tokens = tf.gather(pieces, features["token_ids"])
            answer["tokens"] = tf.where(features["padding_mask"], tokens, "")
            answer["competition"] = tf.transpose(outputs["competition"], [0, 2, 1, 3])
            answer["layers"] = for_all(model.mechanism_layers, answer["tokens"])
        return answer

    texts = (
        {"text": tf.TensorSpec([None], tf.string, "text")},
        [{"text": np.array(batch, object)} for batch in EXAMPLES],
    )
    return Servable(
        model,
        {
            "serving_default": Signature(serve, *texts),
            "explain": Signature(explain, *texts),
            "network": network_signature(
                model, decided, [preprocessor.features(tf.constant(b)) for b in EXAMPLES]
            ),
        },
    )
