"""Translations: a recurrent network taken apart into a module for each language that it writes.

The encoder and decoder of Pan and Rajan (2023): a sentence in, its translation out, by layers that
read at each step what others made of the sentence; then its modules, each a mask of units of the
layers that write. The network reads English and French, and writes the other of the two.

    modzoo train decomposition/tatoeba
    modzoo train decomposition/tatoeba --data tatoeba
    modzoo train decomposition/tatoeba --data tatoeba --mode unrolled
    modzoo train decomposition/tatoeba --data tatoeba --cell gru --num-layers 2

Without `--data` it reads sentences generated from a grammar. The paper: modules have 0.1 points of
BLEU more than the network. Needs sacrebleu: pip install 'modzoo[translation]'.

BLEU on the generated test, seed 0, of modules with 0.80 of the units: 99.9, of the network 100.0;
ten minutes on a busy core of an AMD EPYC, JAX. Of Tatoeba's short sentences: 10.3, of the network
10.9; twenty minutes.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import decomposition
from modzoo.applications.decomposition import DecompositionSettings, ModelSettings
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, DecompositionSettings):
    epochs: int = setting(12, "most epochs to train")
    batch_size: int = setting(64, "examples a step")
    learning_rate: float = setting(4e-3, "step size of Adam, at first")
    units: int = setting(256, "width of each recurrent layer")
    embedding_dim: int = setting(64, "width of the word embedding")
    recurrent_dropout: float = setting(0.2, "units that others do without in training, of decoders")
    max_length: int = setting(6, "steps: words of the longest sentence to learn, and its end")
    max_words: int = setting(3000, "most frequent words to know, of both languages")
    min_count: int = setting(2, "occurrences a word needs to be known")

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(2, "max_length")


PAPER = [("all translators", None, None, 0.1)]
VARIANTS = {"paper": {"rule": "tendency"}}
EMBEDDED = {"epochs": 25, "dropout": 0.0, "recurrent_dropout": 0.4, "max_length": 12}


def load(data, split, settings):
    return decomposition.load_translations(data, split, settings.max_length - 1)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = decomposition.build_monolith(settings, train, start)
        examples, watched = (decomposition.encoded(part, model) for part in (train, validation))
        steps = training.steps_per_epoch(examples, settings.batch_size)
        learning_rate = keras.optimizers.schedules.CosineDecay(
            settings.learning_rate, settings.epochs * steps
        )
        model.compile(
            optimizer=keras.optimizers.Adam(learning_rate, clipnorm=1.0),
            loss=decomposition.loss(model),
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(examples, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(watched, 256),
            **run.fit_options(epochs_done, "val_loss", mode="min"),
        )
    whole = decomposition.take_apart(run, run.load_model(), examples, watched)
    decomposition.save_plots(run, whole, test.sources)
    evaluation = decomposition.evaluate(whole, test)
    run.say(decomposition.beside_paper(evaluation, settings, PAPER))
    return run.save_evaluation(evaluation)
