"""What can be done with a trained model: evaluate, predict, explain."""

import dataclasses
import sys
from pathlib import Path

import click

from modzoo import zoo
from modzoo.cli.options import (
    BACKEND_FLAG,
    DATA_FLAG,
    DISABLE_FLAG,
    JSON_FLAG,
    SubjectGroup,
    given,
    harmless,
    note_all,
    note_no_data,
    params,
    print_json,
    print_metrics,
    settings_flags,
    work,
)
from modzoo.errors import CallError
from modzoo.loading import application_at, find_model
from modzoo.recipes import open_trained
from modzoo.training.environment import select_backend
from modzoo.training.settings import data_fields, folder_fields

SUBJECT = "MODEL [FLAGS]"
RUNS = "MODEL is a run folder or a preset."
MODELS = "MODEL is a run folder, a preset, a folder of `save_to_preset` or a .keras file."


def _fields_of(application):
    """What a model's use can be told: options, and folders that it looks into again."""
    return [*dataclasses.fields(application.Options), *folder_fields(application.ModelSettings)]


def _presets():
    return {preset["name"]: preset["summary"] for preset in zoo.list_presets()}


# Evaluate


def _evaluate_command(model):
    trained, recipe = open_trained(model)
    fields = [*data_fields(recipe.Settings), *folder_fields(recipe.Settings)]

    def evaluate(data, split, limit, disable, backend, as_json, **flags):
        select_backend(backend)
        if data is None:
            note_no_data("evaluating on", trained)
        report = work(zoo.evaluate, model, data, split, limit, disable, **given(fields, flags))
        note_all(report.pop("remarks"))
        print_metrics(report, as_json)

    own = params(
        DATA_FLAG,
        click.option("--split", help="Split of the data. Without: the last labelled one."),
        click.option("--limit", type=click.IntRange(min=1), help="Only the first N examples."),
        DISABLE_FLAG,
        BACKEND_FLAG,
        JSON_FLAG,
    )
    return click.Command(
        model,
        callback=evaluate,
        params=[*own, *settings_flags(fields)],
        help=f"Figures of {model}, of the recipe {trained.recipe}, on labelled data. Data are read "
        "as in training, where no flag says otherwise.",
    )


# Predict


def _predict_command(model):
    application = application_at(find_model(model))
    reads, suffix = application.INPUT, application.OUTPUT
    fields = _fields_of(application)

    def predict(inputs, file, disable, backend, as_json, out=None, **flags):
        if (inputs, file, out) == (("-",), None, "-"):
            if as_json or given(fields, flags):
                raise CallError("Of a stream there is nothing to say; leave out all but --disable.")
            select_backend(backend)
            streams = sys.stdin.buffer, sys.stdout.buffer
            work(zoo.stream, model, *streams, disable)
            return
        inputs = reads.read(inputs, file, "predict")
        if suffix is not None:
            zoo.require_output(application, out, len(inputs))
        select_backend(backend)
        predictions = work(zoo.predict, model, inputs, disable, out, **given(fields, flags))
        note_all(predictions.remarks)
        if as_json:
            print_json(predictions.records)
        else:
            click.echo("\n".join([*map(harmless, predictions.lines), *([out] if out else [])]))

    own = [click.Argument(["inputs"], nargs=-1, metavar=f"[{reads.metavar}]...")]
    if suffix is not None:
        own += params(
            click.option(
                "--out", type=click.Path(), required=True, help=_what_is_written(reads, suffix)
            )
        )
    own += params(
        click.option("--file", type=click.Path(), help="File of inputs, one a line; - for stdin."),
        DISABLE_FLAG,
        BACKEND_FLAG,
        JSON_FLAG,
    )
    return click.Command(
        model,
        callback=predict,
        params=[*own, *settings_flags(fields)],
        help=application.HELP["predict"],
    )


def _what_is_written(reads, suffix):
    folder = "; of several FILEs, a folder" if getattr(reads, "one_to_one", False) else ""
    streamed = getattr(reads, "streamed", None)
    stream = f"; - with - as FILE: {streamed}, as it comes, from standard input" if streamed else ""
    return f"{suffix} to write{folder}{stream}."


# Explain


def _explain_command(model):
    application = application_at(find_model(model))
    reads = application.INPUT
    fields = _fields_of(application)

    def explain(input_, out, disable, backend, as_json, **flags):
        found = reads.read([] if input_ is None else [input_], None, "explain")
        select_backend(backend)
        record = work(
            zoo.explain, model, found[0] if found else None, out, disable, **given(fields, flags)
        )
        note_all(record.get("remarks", ()))
        if as_json:
            print_json(record)
        else:
            click.echo(f"{Path(out, 'explain.png')}\n{Path(out, 'explain.json')}")

    own = [click.Argument(["input_"], metavar=f"[{reads.metavar}]", required=False)]
    own += params(
        click.option(
            "--out", type=click.Path(), required=True, help="Folder of the picture and the JSON."
        ),
        DISABLE_FLAG,
        BACKEND_FLAG,
        JSON_FLAG,
    )
    return click.Command(
        model,
        callback=explain,
        params=[*own, *settings_flags(fields)],
        help=f"{application.HELP['explain']} Writes explain.png and explain.json.",
    )


evaluate, predict, explain = (
    SubjectGroup(name, _presets, make, subcommand_metavar=SUBJECT, help=help)
    for name, make, help in (
        ("evaluate", _evaluate_command, f"Figures of a trained model on labelled data. {RUNS}"),
        ("predict", _predict_command, f"What a trained model says of each input. {MODELS}"),
        ("explain", _explain_command, f"Which part of a model did what with an input. {MODELS}"),
    )
)
