"""Requests to an assistant: a recurrent network taken apart into a module for each intent.

A many-to-one network of Pan and Rajan (2023): words in, one of ten of CLINC150's 150 intents out;
then its modules, each a mask of units that says yes or no to one intent.

    modzoo train decomposition/clinc
    modzoo train decomposition/clinc --data clinc_oos
    modzoo train decomposition/clinc --data clinc_oos --cell gru --num-layers 2
    modzoo train decomposition/clinc --data clinc_oos --rule tendency --mode unrolled
    modzoo train decomposition/clinc --data clinc_oos --smallest
    modzoo train decomposition/clinc --data clinc_oos --pairs 10 --better RUN

Without `--data` it reads requests generated from a grammar, of its eight intents or `--num-intents`
of them. `--pairs` tells pairs of intents apart by their modules, beside models trained on the two
alone; `--better` replaces each module by that of another run. The paper: 93.1 of 100 right, 93.0 by
rolled and 94.1 by unrolled modules of one LSTM.

Accuracy on CLINC's test, seed 0: 0.943, of the network itself 0.943; a quarter of a minute on a
core of an AMD EPYC.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import decomposition
from modzoo.applications.decomposition import ModelSettings, ReuseSettings
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, ReuseSettings):
    num_intents: int = setting(10, "intents to draw, of CLINC150's 150", is_data=True)
    intent_seed: int = setting(0, "seed by which they are drawn", is_data=True)

    def __post_init__(self):
        super().__post_init__()
        self.require_at_least(2, "num_intents")
        self.require_at_least(0, "intent_seed")


PAPER = [("rolled", 0.931, 0.930), ("unrolled", 0.931, 0.941)]  # an LSTM, ten intents
VARIANTS = {"paper": {"rule": "tendency"}}
EMBEDDED = {"epochs": 4, "num_intents": 8}


def load(data, split, settings):
    return decomposition.load_intents(data, split, settings.num_intents, settings.intent_seed)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    if settings.better is not None:
        better = decomposition.require_better(modzoo.load(settings.better), train)
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = decomposition.build_monolith(settings, train, start)
        examples, watched = (decomposition.encoded(part, model) for part in (train, validation))
        model.compile(
            optimizer=keras.optimizers.Adam(settings.learning_rate, clipnorm=1.0),
            loss=decomposition.loss(model),
            metrics=[decomposition.accuracy(model)],
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(examples, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=training.steps_per_epoch(examples, settings.batch_size),
            validation_data=training.evaluation_batches(watched, 256),
            **run.fit_options(epochs_done, "val_accuracy"),
        )
    whole = decomposition.take_apart(run, run.load_model(), examples, watched)
    decomposition.save_plots(run, whole, test.texts)
    notes = {}
    if settings.pairs:
        tested = decomposition.encoded(test, whole)
        notes["reused"] = decomposition.reused(settings, whole, examples, tested)
        run.say(decomposition.reuse_table(notes["reused"]))
    if settings.better is not None:
        notes["replaced"] = decomposition.replaced(whole, better, test)
        run.say(decomposition.replace_table(notes["replaced"]))
    evaluation = decomposition.evaluate(whole, test)
    if run.data is not None:
        run.say(decomposition.beside_paper(evaluation, settings, PAPER))
    return run.save_evaluation(evaluation, **notes)
