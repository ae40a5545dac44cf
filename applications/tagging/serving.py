import numpy as np
import tensorflow as tf

from modzoo.applications.tagging import EXAMPLE
from modzoo.applications.tagging.inference import kind_of
from modzoo.serving import Servable, Signature, for_all, network_signature

OF_TASK = {"logits": "logits", "gates": "gates", "decoder_routes": "reads"}
EXAMPLES = ([EXAMPLE], [f"{EXAMPLE} {EXAMPLE}", "", "été"])


def servable(model):
    """A tagger as `modzoo.serving.Servable`.

    `"text"`, strings `(batch,)` of words between spaces, becomes `"tokens"`, its words; and of
    each task `"<task>"`, their tags, `(batch, time)`, empty strings at padding;
    `"<task>_scores"`, the tags' probabilities, `(batch, time, tags)`, whose names are
    `"<task>_labels"`, `(batch, tags)`. `explain` adds what was decided: `"<task>_gates"`,
    `(batch, time, unit)`; or `"<task>_reads"`, `(batch, time, layer, module)`, and
    `"encoder_routes"`, `(batch, time, layer, source, module)`.
    The signatures `words` and `explain_words` take `"words"` instead, strings `(batch, time)`,
    padded with empty ones. In strings that are not UTF-8 what is wrong is replaced.
    """
    preprocessor, names = model.preprocessor, kind_of(model).DECISIONS
    decisions = model.decisions_model("logits", *names)

    def decided(features):
        outputs, named = decisions(features, training=False), {}
        for name in ("logits", *names):
            if isinstance(outputs[name], dict):
                named |= {f"{task}_{OF_TASK[name]}": x for task, x in outputs[name].items()}
            else:
                named[name] = outputs[name]
        return named

    def tag(words):
        pieces, whole = in_pieces(words, preprocessor.sequence_length)
        outputs = {k: whole(x) for k, x in decided(preprocessor.features(pieces)).items()}
        answer = {"tokens": words}
        for task, labels in model.labels.items():
            logits = outputs.pop(f"{task}_logits")
            tags = tf.gather(labels, tf.argmax(logits, -1))
            answer |= {
                task: tf.where(words == "", "", tags),
                f"{task}_scores": tf.nn.softmax(logits),
                f"{task}_labels": for_all(labels, words),
            }
        return answer, outputs

    def signature(function, name, shape, examples):
        inputs = {name: tf.TensorSpec(shape, tf.string, name)}
        return Signature(function, inputs, [{name: np.array(x, object)} for x in examples])

    def utf8(strings):
        return tf.strings.unicode_transcode(strings, "UTF-8", "UTF-8", errors="replace")

    def words_of(batch):
        return tf.strings.split(utf8(batch["text"])).to_tensor("")

    def both(words):
        answer, decided = tag(words)
        return answer | decided

    texts = "text", [None], EXAMPLES
    rows = [words_of({"text": tf.constant(batch)}).numpy() for batch in EXAMPLES]
    words = "words", [None, None], rows
    return Servable(
        model,
        {
            "serving_default": signature(lambda batch: tag(words_of(batch))[0], *texts),
            "explain": signature(lambda batch: both(words_of(batch)), *texts),
            "words": signature(lambda batch: tag(utf8(batch["words"]))[0], *words),
            "explain_words": signature(lambda batch: both(utf8(batch["words"])), *words),
            "network": network_signature(
                model, decided, [preprocessor.features(tf.constant(words)) for words in rows]
            ),
        },
        preprocessor.tokenizer.tables,
    )


def in_pieces(words, length=None):
    """Cuts sentences into pieces that a tagger reads.

    Args:
        words: Strings `(batch, time)`, padded with empty ones.
        length: Integer, the most words of a piece. Default: any number.

    Returns:
        The pieces, strings `(pieces, time)`, and a function that puts what is said of them,
        `(pieces, time, ...)`, together to what is said of `words`.
    """
    batch, time = tf.unstack(tf.shape(words))
    width = tf.maximum(time, 1)
    width = width if length is None else tf.minimum(width, length)
    number = tf.maximum(-(-time // width), 1)
    padded = tf.pad(words, [[0, 0], [0, number * width - time]], constant_values="")

    def whole(said):
        return tf.reshape(said, [batch, number * width, *said.shape[2:]])[:, :time]

    return tf.reshape(padded, [batch * number, width]), whole
