import numpy as np
import tensorflow as tf

from modzoo.serving import Servable, Signature, for_all, network_signature

EXAMPLES = (1, 3)  # series


def servable(model):
    """A model of series as `modzoo.serving.Servable`.

    `"series"`, float32 `(batch, steps, features)` as they are measured, become of each task
    `"<task>"`, its class, a string; `"<task>_scores"`, the classes' probabilities, `(batch,
    classes)`, whose names are `"<task>_labels"`. Where tasks choose what they read, `explain`
    adds `"<task>_reads"`, `(batch, step, layer, module)`, and `"encoder_routes"`, `(batch, step,
    layer, source, module)`.
    """
    decisions = model.decisions_model()

    def decided(series):
        outputs = decisions(series, training=False)
        named = {f"{task}_logits": outputs["logits"][task] for task in model.labels}
        if model.routes:
            reads = zip(model.labels, outputs["decoder_routes"], strict=True)
            named |= {f"{task}_reads": x for task, x in reads}
            named["encoder_routes"] = outputs["encoder_routes"]
        return named

    def judge(series):
        outputs, answer = decided(series), {}
        for task, labels in model.labels.items():
            logits = outputs.pop(f"{task}_logits")
            answer |= {
                task: tf.gather(labels, tf.argmax(logits, -1)),
                f"{task}_scores": tf.nn.softmax(logits),
                f"{task}_labels": for_all(labels, series),
            }
        return answer, outputs

    def serve(batch):
        return judge(batch["series"])[0]

    def explain(batch):
        answer, routes = judge(batch["series"])
        return answer | routes

    shape = (model.num_steps, model.num_features)
    rng = np.random.default_rng(0)
    batches = [rng.normal(size=(count, *shape)).astype("float32") for count in EXAMPLES]
    inputs = {"series": tf.TensorSpec([None, *shape], tf.float32, "series")}
    examples = inputs, [{"series": batch} for batch in batches]
    return Servable(
        model,
        {
            "serving_default": Signature(serve, *examples),
            "explain": Signature(explain, *examples),
            "network": network_signature(model, decided, batches),
        },
    )
