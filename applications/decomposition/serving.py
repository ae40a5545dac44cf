import numpy as np
import tensorflow as tf

from modzoo.applications.decomposition import EXAMPLE
from modzoo.applications.decomposition.signature_names import module_signatures
from modzoo.applications.decomposition.translator_serving import translator_servable
from modzoo.applications.decomposition.words import STYLE
from modzoo.knowledge import padded_words
from modzoo.serving import Servable, Signature, for_all, network_signature

EXAMPLES = ([EXAMPLE], [f"{EXAMPLE} . {EXAMPLE}", "", "I can't wait!"])


def servable(model):
    """A monolith, or its modules, as `modzoo.serving.Servable`.

    `"text"`, strings `(batch,)`, becomes of one class `"label"`, `(batch,)`; of any number of
    labels `"is_said"`, booleans `(batch, labels)`; of tags `"tokens"` and `"tags"`, `(batch,
    time)`, of the first words of a text, empty at padding. `"scores"`, `(batch, labels)` or
    `(batch, time, labels)`, are the probabilities that the modules say yes; their names are
    `"labels"`. `explain` adds `"tokens"` of all kinds, the `"margins"` of the modules and the
    probabilities of the whole network, `"monolith_scores"`, shaped as `"scores"`. Each of the first
    modules, at most `MOST`, has a signature of its own, `module_<label>`, that gives its `"yes"`
    alone; all share one set of weights. Of one that translates see `translator_servable`.
    """
    if model.kind == "translations":
        return translator_servable(model)
    labels = model.module_labels or model.labels
    places = [model.labels.index(label) for label in labels]
    weights = tf.Module()
    if model.module_masks is None:

        def decide(features):
            probabilities = model(features, training=False)
            return {"margins": probabilities - 0.5, "scores": probabilities}
    else:
        composition = model.module_set.compose(margins=True)
        weights.values = [variable.value for variable in composition.variables]

        def decide(features):
            margins = composition(features, training=False)
            return {"margins": margins, "scores": tf.sigmoid(margins)}

    decide_once = tf.function(decide)  # one graph for all signatures of texts

    def tokens(text):
        return padded_words(text, STYLE, model.sequence_length, model.sequence_length).written

    def judge(text, decided):
        answer = {"scores": decided["scores"], "labels": for_all(labels, decided["scores"])}
        if model.kind == "labels":
            return {"is_said": decided["margins"] > 0, **answer}
        said = tf.gather(tf.constant(labels), tf.argmax(decided["margins"], -1))
        if model.kind == "classes":
            return {"label": said, **answer}
        words = tokens(text)
        return {"tokens": words, "tags": tf.where(words == "", "", said), **answer}

    def serve(batch):
        return judge(batch["text"], decide_once(model.features(batch["text"])))

    def explain(batch):
        text, features = batch["text"], model.features(batch["text"])
        decided = decide_once(features)
        monolith = tf.gather(model(features, training=False), places, axis=-1)
        own = {"margins": decided["margins"], "monolith_scores": monolith}
        return {**judge(text, decided), "tokens": tokens(text), **own}

    texts = (
        {"text": tf.TensorSpec([None], tf.string, "text")},
        [{"text": np.array(batch, object)} for batch in EXAMPLES],
    )
    batches = [model.features(tf.constant(batch)) for batch in EXAMPLES]
    return Servable(
        model,
        {
            "serving_default": Signature(serve, *texts),
            "explain": Signature(explain, *texts),
            "network": network_signature(model, decide, batches),
            **{
                name: Signature(_says_yes(model, decide_once, place), *texts)
                for place, name in enumerate(module_signatures(model))
            },
        },
        [model.tokens, weights],
    )


def _says_yes(model, decide, place):
    def serve(batch):
        return {"yes": decide(model.features(batch["text"]))["scores"][..., place]}

    return serve
