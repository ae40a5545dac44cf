"""Sentiment of film reviews: tokens and sentiment lexica, each read by a module of its own.

A multi-input RIM with attention pooling (Bagherzadeh and Bergler, 2021), with word
embeddings trained from scratch.

    modzoo train sentiment/sst2
    modzoo train sentiment/sst2 --data SST-2

Without `--data` it learns reviews generated from a grammar, whose test words never occur in
training: only the lexica tell their sentiment. With `--data` it reads GLUE's SST-2 folder
(train.tsv, dev.tsv). The figures to expect are in the application's card.
"""

import sys
from dataclasses import dataclass

from modzoo.applications.sentiment.sources import check_sources
from modzoo.errors import CallError
from modzoo.training import TrainingSettings, setting
from modzoo.training.settings import flag

CELLS = ("lstm", "gru", "simple_rnn")


@dataclass(frozen=True)
class Settings(TrainingSettings):
    epochs: int = setting(8, "most epochs to train")
    batch_size: int = setting(32, "examples a step")
    learning_rate: float = setting(2e-3, "step size of Adam")
    patience: int = setting(3, "epochs without a better validation figure before training stops")
    sources: tuple[str, ...] = setting(("token", "afinn", "vader"), "sources, one module each")
    num_active: int | None = setting(None, "modules active at each step (default: all)")
    token_cell: str = setting("lstm", "kind of the tokens' module: lstm, gru or simple_rnn")
    lexicon_cell: str = setting("simple_rnn", "kind of the lexica's modules")
    units: int = setting(64, "width of each module's state")
    embedding_dim: int = setting(64, "width of the word embedding")
    dropout: float = setting(0.1, "dropout of what modules read")
    word_dropout: float = setting(0.5, "share of annotated words hidden in training")
    min_count: int = setting(1, "occurrences that a word needs to be in the vocabulary")

    def __post_init__(self):
        super().__post_init__()
        check_sources(self.sources, self.num_active)
        self.require_at_least(1, "units", "embedding_dim", "min_count")
        self.require_shares("dropout", "word_dropout")
        for name in ("token_cell", "lexicon_cell"):
            if getattr(self, name) not in CELLS:
                raise CallError(
                    f"{flag(name)} must be one of {', '.join(CELLS)}, "
                    f"received {getattr(self, name)!r}."
                )


VARIANTS = {"paper": {"units": 256}}

EXAMPLE = "the story is never dull , but the ending feels rather disappointing"


def main(config, run):
    import keras

    from modzoo.applications import sentiment
    from modzoo.explain import draw_history
    from modzoo.training import epoch_batches, evaluation_batches, prepare, steps_per_epoch

    train = sentiment.load_split(run.data, "train", config.limit)
    validation = sentiment.load_split(run.data, "validation", config.limit)
    prepare(config)

    tokenizer = sentiment.SentimentTokenizer.learn(
        train.texts, sentiment.load_lexica(config.sources), min_count=config.min_count
    )
    backbone = sentiment.SentimentBackbone(
        tokenizer.vocabulary_size(),
        sources=config.sources,
        num_active=config.num_active,
        cell=[
            config.token_cell if source == "token" else config.lexicon_cell
            for source in config.sources
        ],
        units=config.units,
        embedding_dim=config.embedding_dim,
        dropout=config.dropout,
        word_dropout=config.word_dropout,
    )
    model = sentiment.SentimentClassifier(
        backbone,
        num_classes=len(train.label_names),
        preprocessor=sentiment.SentimentPreprocessor(tokenizer),
        labels=train.label_names,
    )
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
        jit_compile=keras.backend.backend() == "jax",
    )
    epochs_done = run.restore(model)
    model.fit(
        epoch_batches(train, config.batch_size, config.seed, epochs_done),
        steps_per_epoch=steps_per_epoch(train, config.batch_size),
        initial_epoch=epochs_done,
        epochs=config.epochs,
        validation_data=evaluation_batches(validation)[0],
        shuffle=False,
        callbacks=run.callbacks("val_accuracy", config.patience),
        verbose=run.verbose,
    )
    best = run.load_model()
    run.save_plot("history", draw_history(run.history()))
    run.save_plot("modules", explain(best, EXAMPLE)[1])
    return run.save_metrics(*evaluate(best, run.data, limit=config.limit))


def evaluate(model, data, split=None, limit=None):
    from modzoo.applications import sentiment

    examples = sentiment.load_split(data, split, limit)
    metrics = sentiment.evaluate(model, examples, verbose=int(sys.stderr.isatty()))
    return examples.split, len(examples), metrics


def disable(model, modules):
    from modzoo.applications import sentiment

    sentiment.disable(model, modules)


def predict(model, texts):
    from modzoo.applications import sentiment

    return sentiment.predict(model, texts)


def explain(model, text):
    from modzoo.applications import sentiment
    from modzoo.explain import draw_activity

    record = sentiment.explain(model, text)
    score = record["scores"][record["label"]]
    return record, draw_activity(record, f"{record['label']}, {score:.2f}")
