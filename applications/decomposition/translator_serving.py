import numpy as np
import tensorflow as tf

from modzoo.applications.decomposition.signature_names import module_signatures
from modzoo.applications.decomposition.words import joined, style_of
from modzoo.decomposition.vocabularies import PADDING
from modzoo.knowledge import padded_words
from modzoo.serving import Servable, Signature, for_all, network_signature

EXAMPLES = (["the dog sees a cat ."], ["le chien voit un chat . il dort .", "", "I can't wait!"])


def translator_servable(model):
    """A monolith that translates, or its modules, as `modzoo.serving.Servable`.

    `"text"`, strings `(batch,)`, becomes `"translation"`, `(batch,)`. Of modules it is that of the
    surest, which writes the language `"into"`; `"translations"`, `(batch, modules)`, are those of
    all, `"scores"` of that shape how sure each is, and `"labels"` their languages. `explain` adds
    `"tokens"`, the words that are read, and of each module `"words"`, `(batch, modules, steps)`,
    empty behind the last, and `"probabilities"` of them. A module's own signature,
    `module_<label>`, gives its `"translation"` alone. `network` reads ids, and gives the ids
    `"written"` and their `"probabilities"`.
    """
    composition = model if model.module_masks is None else model.module_set.compose(margins=True)
    weights = tf.Module()
    weights.values = [variable.value for variable in composition.variables]
    vocabulary, labels = tf.constant(model.vocabulary), model.module_labels

    def decide(features):
        said = composition(features, training=False)
        said = said if labels else said[:, None]
        return {
            "written": tf.argmax(said, -1, tf.int32),
            "probabilities": tf.reduce_max(said, -1),
        }

    decide_once = tf.function(decide)  # one graph for all signatures of texts

    def write(text):
        decided = decide_once(model.features(text))
        is_end = tf.cast(decided["written"] == PADDING, tf.int32)
        ended = tf.cumsum(is_end, -1)
        words = tf.where(ended > 0, "", tf.gather(vocabulary, decided["written"]))
        counts = tf.cast(ended - is_end == 0, tf.float32)  # words, and the end
        logs = counts * tf.math.log(tf.maximum(decided["probabilities"], 1e-30))
        scores = tf.exp(tf.reduce_sum(logs, -1) / tf.reduce_sum(counts, -1))
        return words, decided["probabilities"], {"translations": joined(words), "scores": scores}

    def judge(answer):
        if not labels:
            return {"translation": answer["translations"][:, 0]}
        surest = tf.argmax(answer["scores"], -1)
        return {
            "translation": tf.gather(answer["translations"], surest, batch_dims=1),
            "into": tf.gather(tf.constant(labels), surest),
            **answer,
            "labels": for_all(labels, answer["scores"]),
        }

    def serve(batch):
        _, _, answer = write(batch["text"])
        return judge(answer)

    def explain(batch):
        words, probabilities, answer = write(batch["text"])
        length = model.sequence_length
        read = padded_words(batch["text"], style_of(model.kind), length, length).written
        return {**judge(answer), "tokens": read, "words": words, "probabilities": probabilities}

    def own(place):
        def serve(batch):
            _, _, answer = write(batch["text"])
            return {"translation": answer["translations"][:, place]}

        return serve

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
                name: Signature(own(place), *texts)
                for place, name in enumerate(module_signatures(model))
            },
        },
        [model.tokens, weights],
    )
