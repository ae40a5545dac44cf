import numpy as np
import tensorflow as tf

from modzoo.serving import Servable, Signature, for_all, network_signature

TEXTS = (["The story is never dull ."], ["It costs 3.50 . That is cheap .", "", "I can't wait!"])
PAIRS = (["A plane takes off .\tA plane flies ."], ["He sang .\tHe slept .", "", "one\t"])


def servable(model):
    """A `TIMBertClassifier` as `modzoo.serving.Servable`.

    `"text"`, strings `(batch,)`, pairs with a tab between, becomes `"label"`, the most probable
    class, `(batch,)`, and `"scores"`, the probabilities of the classes whose names are `"labels"`,
    `(batch, classes)`; or `"score"`, `(batch,)`. Where mechanisms compete `explain` adds
    `"tokens"`, word pieces `(batch, time)`, empty at padding; and the `"competition"`,
    `(batch, layer, time, mechanism)`, in the `"layers"`, `(batch, layer)`, counted from 0.
    """
    preprocessor, decisions = model.preprocessor, model.decisions_model()
    competes = bool(model.mechanism_layers) and model.backbone.competition
    pieces = tf.constant(preprocessor.tokenizer.get_vocabulary())

    def judge(outputs):
        if model.scores is not None:
            return {"score": tf.clip_by_value(outputs[:, 0], *model.scores)}
        labels = for_all(model.labels, outputs)
        return {
            "label": tf.gather(labels, tf.argmax(outputs, -1), batch_dims=1),
            "scores": tf.nn.softmax(outputs),
            "labels": labels,
        }

    def serve(batch):
        return judge(model(preprocessor.features(batch["text"]), training=False))

    def explain(batch):
        features = preprocessor.features(batch["text"])
        decided = dict(decisions(features, training=False))
        answer = judge(decided["logits"])
        if competes:
            tokens = tf.gather(pieces, features["token_ids"])
            answer["tokens"] = tf.where(features["padding_mask"], tokens, "")
            competition = tf.cast(decided["competition"], "float32")
            answer["competition"] = tf.transpose(competition, [0, 2, 1, 3])
            answer["layers"] = for_all(model.mechanism_layers, tokens)
        return answer

    batches = PAIRS if preprocessor.pairs else TEXTS
    texts = (
        {"text": tf.TensorSpec([None], tf.string, "text")},
        [{"text": np.array(batch, object)} for batch in batches],
    )
    return Servable(
        model,
        {
            "serving_default": Signature(serve, *texts),
            "explain": Signature(explain, *texts),
            "network": network_signature(
                model,
                lambda features: {"logits": model(features, training=False)},
                [preprocessor.features(tf.constant(batch)) for batch in batches],
            ),
        },
    )
