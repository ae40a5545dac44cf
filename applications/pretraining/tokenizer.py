from pathlib import Path

import keras
import keras_hub
import tensorflow as tf

from modzoo.applications.pretraining.backbone import TIMBertBackbone
from modzoo.errors import some_of
from modzoo.files import read_lines
from modzoo.training import FromPreset

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
FILE = "vocabulary.txt"


@keras.saving.register_keras_serializable(package="modzoo")
class TIMBertTokenizer(FromPreset, keras_hub.tokenizers.WordPieceTokenizer):
    """Texts in lower case as word pieces, BERT's way.

    `[MASK]` and the other special pieces stand for themselves in a text.

    Args:
        vocabulary: List of word pieces, `SPECIAL` first; those that continue a word begin with
            `##`. It is an asset: a tokenizer made without one gets it when its preset or `.keras`
            file is loaded.
        size: Integer, number of the word pieces. Default: as many as there are.
        lowercase: Whether texts are made lower case.
        strip_accents: Whether letters lose their accents.

    Call arguments:
        inputs: Strings, `(batch,)`.

    Returns:
        Ragged integers `(batch, None)`.

    Raises:
        ValueError: If special pieces are not where they belong, pieces occur twice, or there are
            not `size` of them.
    """

    backbone_cls = TIMBertBackbone

    def __init__(self, vocabulary=None, size=None, lowercase=True, strip_accents=True, **kwargs):
        self.size = size
        self._refusal = None
        for name in ("pad", "unk", "cls", "sep", "mask"):
            self._add_special_token(f"[{name.upper()}]", f"{name}_token")
        kwargs |= {"strip_accents": strip_accents, "special_tokens_in_strings": True}
        super().__init__(vocabulary=vocabulary, lowercase=lowercase, **kwargs)

    def set_vocabulary(self, vocabulary):
        if vocabulary is not None:
            vocabulary = list(vocabulary)
            if tuple(vocabulary[: len(SPECIAL)]) != SPECIAL:
                raise ValueError(
                    f"The vocabulary must begin with {', '.join(SPECIAL)}, it begins with "
                    f"{some_of(vocabulary[: len(SPECIAL)]) or 'nothing'}."
                )
            if len({*vocabulary}) < len(vocabulary):
                raise ValueError("The vocabulary holds a word piece twice.")
            if self.size not in (None, len(vocabulary)):
                raise ValueError(
                    f"The vocabulary holds {len(vocabulary):,} word pieces, and the model was made "
                    f"for {self.size:,}."
                )
            self.size = len(vocabulary)
        super().set_vocabulary(vocabulary)
        # In a graph Keras leaves tensors to TensorFlow, whatever the backend.
        signature = [tf.TensorSpec([None], tf.string)]
        self._in_graph = tf.function(self.tokenize, input_signature=signature, autograph=False)

    def ids(self, texts):
        """Word pieces of strings `(batch,)`, a ragged tensor of TensorFlow `(batch, None)`."""
        return self._in_graph(texts)

    def load_assets(self, dir_path):
        if dir_path is None and self._refusal is not None:
            raise self._refusal  # Keras comes again, by a way on which there are no files
        try:
            self.set_vocabulary(line for _, line in read_lines(Path(dir_path, FILE)))
        except ValueError as error:
            self._refusal = error
            raise

    def get_config(self):
        config = super().get_config()
        del config["special_tokens_in_strings"]
        return {**config, "size": self.size}
