import numpy as np
import tensorflow as tf

from modzoo.applications.annotated_texts.inference import parts
from modzoo.serving import Servable, Signature, for_all, network_signature


def servable(model, example):
    """A classifier of texts as `modzoo.serving.Servable`; `example` is a text to show it on.

    `"text"`, strings `(batch,)`, becomes `"label"`, the most probable class, `(batch,)`; and
    `"scores"`, the probabilities of the classes whose names are `"labels"`, `(batch, classes)`;
    where the classes are scores also `"score"`, their mean, `(batch,)`. `explain` adds
    `"tokens"`, `(batch, time)`, empty strings at padding; the sources `"modules"`,
    `(batch, module)`; their `"activity"` and `"attention"`, `(batch, time, module)`; and
    `"pooling"`, `(batch, time)`, the weight of each token in the judgement.
    """
    examples = ([example], [f"{example} . {example}", "", "I can't wait!"])
    preprocessor, decisions = model.preprocessor, model.decisions_model()
    scores = model.class_scores

    def judge(logits):
        probabilities = tf.nn.softmax(logits)
        labels = for_all(model.labels, logits)
        judgement = {
            "label": tf.gather(labels, tf.argmax(logits, -1), batch_dims=1),
            "scores": probabilities,
            "labels": labels,
        }
        if scores is not None:
            judgement["score"] = tf.linalg.matvec(probabilities, scores.astype("float32"))
        return judgement

    def serve(batch):
        return judge(model(preprocessor.features(batch["text"]), training=False))

    def explain(batch):
        text = batch["text"]
        decided = dict(decisions(preprocessor.features(text), training=False))
        judgement = judge(decided.pop("logits"))
        modules = for_all(parts(model), judgement["scores"])
        tokens = preprocessor.split(text).written
        return {**judgement, "tokens": tokens, "modules": modules, **decided}

    texts = (
        {"text": tf.TensorSpec([None], tf.string, "text")},
        [{"text": np.array(batch, object)} for batch in examples],
    )
    return Servable(
        model,
        {
            "serving_default": Signature(serve, *texts),
            "explain": Signature(explain, *texts),
            "network": network_signature(
                model,
                lambda features: dict(decisions(features, training=False)),
                [preprocessor.features(tf.constant(batch)) for batch in examples],
            ),
        },
        preprocessor.tokenizer.sources,
    )
