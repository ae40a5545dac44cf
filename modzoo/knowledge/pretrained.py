"""Language models as others publish them: a preset of keras_hub, or a folder."""

import difflib
import json
from pathlib import Path

from modzoo.errors import CallError
from modzoo.knowledge.pieces import Pieces
from modzoo.knowledge.word_vectors import WordVectors

SCHEMES = ("kaggle://", "hf://", "modelscope://")
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "model.weights.h5")
WEIGHTS += ("model.weights.json",)
WITHOUT_POSITIONS = 512  # at which texts are cut for models of relative positions
PADDED = 128  # embeddings are rounded up to a multiple of it by some, and to 5 % more
ELMO = "saved_model.pb"


def load_pretrained(place, pooling="mean"):
    """A text encoder with its tokeniser, for words.

    Args:
        place: Name of a preset of keras_hub, whose files it gets; or a folder in the format of
            keras_hub's presets or of Hugging Face's `transformers` (`config.json`,
            `model.safetensors` and the tokeniser's files). No code in a folder is run.
        pooling: `"mean"` or `"first"`, as `WordVectors`'.

    Returns:
        `Pieces` and `WordVectors`.

    Raises:
        CallError: If there is no such model, its files are not all there or cannot be read, it is
            no encoder of texts, or the tokeniser does not fit it.
    """
    import keras_hub

    if Path(place).is_dir():
        _check_folder(Path(place))
    elif not place.startswith(SCHEMES) and place not in keras_hub.models.Backbone.presets:
        near = difflib.get_close_matches(place, keras_hub.models.Backbone.presets, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise CallError(f"There is no folder and no preset of keras_hub {place!r}{hint}")
    try:
        backbone = keras_hub.models.Backbone.from_preset(str(place))
        tokenizer = keras_hub.tokenizers.Tokenizer.from_preset(str(place))
    except CallError:
        raise
    except Exception as error:  # files of any kind raise anything
        said = " ".join(str(error).split())[:200]
        raise CallError(
            f"Cannot read the language model {place} ({type(error).__name__}: {said})."
        ) from error
    if not isinstance(tokenizer, keras_hub.tokenizers.Tokenizer):
        raise CallError(f"{place} holds no tokeniser of texts.")
    _check_fit(backbone, tokenizer, place)
    vectors = WordVectors(backbone, pooling, name="word_vectors")
    positions = getattr(backbone, "max_sequence_length", None) or WITHOUT_POSITIONS
    return Pieces(tokenizer, positions), vectors


def is_elmo(place):
    """Whether a folder is a SavedModel."""
    return Path(place, ELMO).is_file()


def registered_names(place):
    """Names of the classes that a folder in keras_hub's format needs."""
    path = Path(place)
    files = [path / name for name in ("config.json", "tokenizer.json")]
    found = (_json(file).get("registered_name") for file in files if file.is_file())
    return [name for name in found if isinstance(name, str)]


def _check_folder(folder):
    config = folder / "config.json"
    if not config.is_file():
        raise CallError(
            f"{folder} holds no language model: there is no config.json, and no {ELMO} of ELMo."
        )
    if not any((folder / name).is_file() for name in WEIGHTS):
        others = sorted(file.name for file in folder.glob("*.bin"))
        hint = f"; {others[0]} is pickled and not read" if others else ""
        raise CallError(
            f"The language model in {folder} has no weights: there is no {WEIGHTS[0]}{hint}."
        )
    if not _json(config).keys() & {"registered_name", "model_type"}:
        raise CallError(f"{config} describes no language model: it has no model_type.")


def _json(file):
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CallError(f"Cannot read {file}: {error}.") from error
    if not isinstance(value, dict):
        raise CallError(f"Cannot read {file}: it holds no JSON object.")
    return value


def _check_fit(backbone, tokenizer, place):
    known = getattr(backbone, "vocabulary_size", None)
    if known is None:
        raise CallError(f"{place} holds a {type(backbone).__name__}, which reads no texts.")
    size = tokenizer.vocabulary_size()
    most = -(-int(1.05 * size) // PADDED) * PADDED
    if not size <= known <= most:
        raise CallError(
            f"The tokeniser in {place} does not fit its model: it has {size:,} pieces, and the "
            f"model knows {known:,}."
        )
