import keras
import keras_hub
import numpy as np
import tensorflow as tf

from modzoo.applications.tagging.backbone import TaggingBackbone
from modzoo.applications.tagging.preprocessor import TaggingPreprocessor
from modzoo.errors import CallError
from modzoo.training import FromPreset


@keras.saving.register_keras_serializable(package="modzoo")
class Tagger(FromPreset, keras_hub.models.Task):
    """Sentences in, logits of each task's tags out: backbone and one MLP per task.

    `fit`, `evaluate` and `predict` take what `TaggingPreprocessor` takes; labels are a
    dictionary `{task: integers (batch, time)}`.

    Args:
        backbone: `TaggingBackbone`.
        labels: Dictionary from the tasks, in the backbone's order, to lists of their tags.
        preprocessor: `TaggingPreprocessor`, or None if the inputs are preprocessed.
        head_units: Integer, width of the MLPs' hidden layer.

    Example:

    >>> tokenizer = CharacterTokenizer.learn([["Salomon", "Brothers"]])
    >>> tagger = Tagger(
    ...     TaggingBackbone(tokenizer.vocabulary_size(), num_tasks=2),
    ...     {"pos": ["NNP", "NNPS"], "ner": ["B-org", "I-org"]}, TaggingPreprocessor(tokenizer))
    >>> tagger.predict(["Salomon Brothers in California"])["pos"].shape
    (1, 4, 2)

    Reference:
    - Choudhary and Rijhwani, Towards Interpretable Multi-Task Learning in Language
    """

    backbone_cls = TaggingBackbone
    preprocessor_cls = TaggingPreprocessor

    def __init__(self, backbone, labels, preprocessor=None, head_units=128, **kwargs):
        if len(labels) != backbone.num_tasks:
            raise ValueError(
                "`labels` must name one list of tags for each task. "
                f"Received: tasks {list(labels)}, num_tasks={backbone.num_tasks}."
            )
        for task, names in labels.items():
            if not names or len(set(names)) != len(names):
                raise ValueError(
                    "The tags of a task must be distinct, and at least one. "
                    f"Received: {task!r}, tags {list(names)}."
                )
        # === Layers ===
        self.backbone = backbone
        self.preprocessor = preprocessor
        dtype = backbone.dtype_policy
        self.hidden_layers = [
            keras.layers.Dense(head_units, "relu", dtype=dtype, name=f"{task}_hidden")
            for task in labels
        ]
        self.logit_layers = [
            keras.layers.Dense(len(names), dtype="float32", name=f"{task}_logits")
            for task, names in labels.items()
        ]

        # === Functional model ===
        encoded = backbone(backbone.input)
        heads = zip(labels, self.hidden_layers, self.logit_layers, encoded["read"], strict=True)
        logits = {task: logit(hidden(read)) for task, hidden, logit, read in heads}
        super().__init__(inputs=backbone.input, outputs=logits, **kwargs)

        # === Config ===
        self.labels = {task: list(names) for task, names in labels.items()}
        self.head_units = head_units
        self._decisions = {
            "logits": logits,
            **{
                name: dict(zip(labels, x, strict=True)) if isinstance(x, list) else x
                for name, x in encoded.items()
            },
        }

    @property
    def tasks(self):
        return list(self.labels)

    def with_labels(self, labels):
        """This tagger if it knows all of `labels`, `{task: tags}`; else one with new heads on
        the same backbone."""
        if all(set(names) <= set(self.labels.get(task, ())) for task, names in labels.items()):
            return self
        return Tagger(self.backbone, labels, self.preprocessor, self.head_units)

    def decisions_model(self, *names):
        """A model of the same weights that returns what was decided.

        It reads what the preprocessor returns. Its outputs are a dictionary of those of
        `"logits"` and the backbone's outputs that are named, by default of all; what there is
        for each task is a dictionary `{task: (batch, time, ...)}`.
        """
        names = names or self._decisions
        return keras.Model(self.input, {name: _plain(self._decisions[name]) for name in names})

    def task_weights(self, task):
        """What tags the words for `task`, as arrays, for `modzoo.knowledge.Tags`."""
        place, encoder = self.tasks.index(task), self.backbone
        if encoder.multi_task is not None or encoder.num_words:
            raise CallError("A source of tags is made of a tagger of letters, with gates or none.")
        gate = encoder.task_gate
        parts = {
            "embedding": encoder.word_encoder.embedding,
            **_lstm_weights("character", encoder.word_encoder.bilstm),
            **_lstm_weights("word", encoder.bilstm),
            **_dense_weights("hidden", self.hidden_layers[place]),
            **_dense_weights("logit", self.logit_layers[place]),
        }
        weights = {name: keras.ops.convert_to_numpy(value) for name, value in parts.items()}
        if gate.mode == "learned":
            own = slice(place * gate.units, (place + 1) * gate.units)
            for name in ("state_kernel", "word_kernel", "bias"):
                value = keras.ops.convert_to_numpy(getattr(gate, name))
                weights[f"gate_{name}"] = value[..., own]
        return {**weights, "open_gates": gate.fixed_gates()[place].astype("float32")}

    def predict(self, x, batch_size=None, **kwargs):
        """As `keras.Model.predict`, of sentences; all batches are as long as the longest one.

        Args:
            x: What the preprocessor takes, or a `tf.data.Dataset` of batches of it.
            batch_size: Integer, sentences at a time. Default: 32.
            **kwargs: Those of `keras.Model.predict`, of which a model with a preprocessor reads
                none.

        Returns:
            `{task: logits (sentences, time, tags)}`.
        """
        if self.preprocessor is None:
            return super().predict(x, batch_size=batch_size, **kwargs)
        if not isinstance(x, tf.data.Dataset):
            if not isinstance(x, tf.RaggedTensor):
                x = tf.convert_to_tensor(x, tf.string)
            x = tf.data.Dataset.from_tensor_slices(x).batch(batch_size or 32)
        batches, time = [], 1
        for batch in x:
            batch, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
            batches.append(self.predict_on_batch(batch))
            time = max(time, self.preprocessor.time(batch))
        return {
            task: np.concatenate(
                [np.zeros((0, time, len(tags)), "float32")]
                + [_padded(np.asarray(batch[task]), time) for batch in batches]
            )
            for task, tags in self.labels.items()
        }

    def get_config(self):
        return {**super().get_config(), "labels": self.labels, "head_units": self.head_units}


def _lstm_weights(name, layer):
    return {
        f"{name}_kernel": layer.kernel,
        f"{name}_recurrent_kernel": layer.recurrent_kernel,
        f"{name}_bias": layer.bias,
    }


def _dense_weights(name, layer):
    return {f"{name}_kernel": layer.kernel, f"{name}_bias": layer.bias}


def _plain(tree):
    """Without Keras' wrapper of dictionaries, which JAX cannot return."""
    return dict(tree) if isinstance(tree, dict) else tree


def _padded(logits, time):
    logits = logits[:, :time]
    return np.pad(logits, [(0, 0), (0, time - logits.shape[1]), (0, 0)])
