"""Parts of speech of code-mixed posts, helped by sentences of each of their languages.

The code-switched tagging of Xu et al., Multi-Task Recurrent Modular Networks: table 3 and
figure 4. Each sentence has tags of one task: posts in Hindi and English are the primary one, and
English and Hindi sentences, with tags of their own, the auxiliary ones.

    modzoo train tagging/code_mixed                                 generated sentences
    modzoo train tagging/code_mixed --data POSTS --english CONLL2000 --hindi UD_HINDI
    modzoo train tagging/code_mixed ... --base ns_mtl --sharing none            the base alone
    modzoo train tagging/code_mixed ... --routing all               control: all routes open
    modzoo train tagging/code_mixed ... --characters --embedding-dim 0          letters alone
    modzoo train tagging/code_mixed --data POSTS --tasks pos --base ns_mtl --sharing none

Words are read by an embedding, as in the paper; `--characters` reads their letters beside it. An
epoch holds as many sentences of each auxiliary task as there are posts. Without `--data` it learns
generated sentences of two made-up languages and of both mixed.

Accuracy on the test posts of `--base ns_mtl --characters --epochs 6`, seed 0: 0.81; of the most
frequent tag of each word 0.76; a minute an epoch on a core of an AMD EPYC. Of the generated
sentences an epoch takes seconds.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import tagging
from modzoo.applications.routed_settings import CoolingSettings
from modzoo.applications.tagging import ModelSettings, TaggingTrainingSettings
from modzoo.data.mixed_grammar import generate_mixed_sentences
from modzoo.errors import CallError
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, TaggingTrainingSettings, CoolingSettings):
    tasks: tuple[str, ...] = setting(("pos", "english", "hindi"), "tasks to learn, pos first")
    base: str = setting("girnet", "base model: ns_mtl, cross_stitch, sluice, girnet")
    sharing: str = setting("mt_rmn", "none, dc_mtl, ic_mtl, rrn_rmn, mt_rmn")
    units: int = setting(100, "width n of each LSTM of the base model")
    characters: bool = setting(False, "read words letter by letter too")
    embedding_dim: int = setting(50, "width of the words' embedding; 0: there is none")
    max_length: int = setting(150, "words at which longer sentences are cut into pieces")
    english: str | None = setting(
        None, "folder of English sentences with POS tags", is_data=True, is_path=True
    )
    hindi: str | None = setting(
        None, "folder of Hindi sentences with POS tags", is_data=True, is_path=True
    )
    romanised: bool = setting(
        True, "read Hindi sentences in Latin letters where the posts' folder spells the word", True
    )

    def __post_init__(self):
        super().__post_init__()
        if self.tasks[0] != "pos" or not {*self.tasks} <= {"pos", "english", "hindi"}:
            raise CallError(
                "--tasks must be pos, and english, hindi or both; received "
                f"{','.join(self.tasks)!r}."
            )


VARIANTS = {"paper": {}}
EMBEDDED = {"characters": True, "units": 32}
EXAMPLE = "yaar this movie was bahut achhi , dekh lena"


def load(data, split, settings):
    if data is None:
        return tagging.require_tasks(generate_mixed_sentences(split), settings.tasks).tagged()
    folders = {task: getattr(settings, task) for task in settings.tasks[1:]}
    return tagging.load_code_mixed(data, split, folders, settings.romanised)


def main(settings, run):
    import keras

    for task in settings.tasks[1:]:
        if run.data is not None and getattr(settings, task) is None:
            raise CallError(
                f"--{task} must name a folder of sentences for the task {task!r}; --tasks pos "
                "trains without the auxiliary ones."
            )
    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = tagging.build_tagger(settings, train, start)
        run.say(tagging.cut_remarks(model, train.tokens, validation.tokens))
        examples = tagging.BalancedSentences(tagging.in_pieces(model, train), model.labels)
        watched = tagging.LabelledSentences(tagging.in_pieces(model, validation), model.labels)
        model.compile(
            optimizer=keras.optimizers.Adam(settings.learning_rate, clipnorm=5.0),
            loss=tagging.tag_losses(model.tasks),
            weighted_metrics=tagging.tag_metrics(model.tasks),
            # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
            jit_compile=keras.backend.backend() == "jax",
        )
        callbacks = tagging.routing_callbacks(settings, model, watched)
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(examples, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=training.steps_per_epoch(examples, settings.batch_size),
            validation_data=training.evaluation_batches(watched),
            **run.fit_options(epochs_done, "val_pos_accuracy", callbacks=callbacks),
        )
    best = run.load_model()
    tagging.save_plots(run, best, test, EXAMPLE)
    baseline = tagging.most_frequent_tags(train, test, "pos")
    return run.save_evaluation(tagging.evaluate(best, test), most_frequent_tag=baseline)
