"""From a trained model to production: export, check."""

import sys

import click

from modzoo import zoo
from modzoo.cli.options import JSON_FLAG, print_json, work
from modzoo.serving.compare import TOLERANCE
from modzoo.serving.contract import MAX_VERSION
from modzoo.serving.formats import FORMATS
from modzoo.training.environment import select_backend


@click.command(
    help="Writes MODEL, a run folder, a preset, a folder of `save_to_preset` or a .keras file, to "
    "DIR/NAME/VERSION, as TensorFlow Serving takes it: raw inputs in, answers out. It is written "
    "beside, answers requests without Keras as the model does, and then appears. A version that "
    "is there stays."
)
@click.argument("model")
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--name", help="Name to serve it under (that of the preset, folder or file).")
@click.option(
    "--version",
    type=click.IntRange(0, MAX_VERSION),
    default=1,
    help="Its number; the highest is served (1).",
)
@click.option(
    "--format",
    type=click.Choice(list(FORMATS)),
    default="savedmodel",
    help="onnx, litert: the network without its preprocessing (savedmodel).",
)
@click.option(
    "--gazetteers",
    type=click.Path(),
    help="Folder of gazetteers, of models that read some; the servable holds their tables.",
)
@JSON_FLAG
def export(model, folder, name, version, format, gazetteers, as_json):
    _prefer_tensorflow()
    options = {"name": name, "version": version, "format": format, "gazetteers": gazetteers}
    report = work(zoo.export, model, folder, **options)
    if as_json:
        print_json(report)
        return
    click.echo(report["path"])
    for signature, tensors in report["signatures"].items():
        inputs, outputs = ", ".join(tensors["inputs"]), ", ".join(tensors["outputs"])
        click.echo(f"  {signature}: {inputs} -> {outputs}")
    sizes = {part: f"{part} {size / 2**20:.1f} MB" for part, size in report["bytes"].items()}
    click.echo(f"  {sizes.pop('whole')}: {', '.join(sizes.values())}")
    times = {what: f"{time:.2f} s" for what, time in report["seconds"].items()}
    click.echo(
        f"  without Keras it is loaded in {times['load']}, its first request takes "
        f"{times['first_request']}, the same once more {times['next_request']}"
    )


@click.command(
    help="Checks the servable in FOLDER, as DIR/NAME/1: what it promises, and that programs "
    "without Keras answer its warm-up requests as the Keras model did. Exit code 1 if something "
    f"is wrong or differs by more than {TOLERANCE:g}, beyond 1 by that share. A folder with "
    "operations that could touch files or run code is refused before anything of it is run."
)
@click.argument("folder", type=click.Path())
@click.option(
    "--model", help="Run or preset to compare with, in place of the answers in the folder."
)
@JSON_FLAG
def check(folder, model, as_json):
    _prefer_tensorflow()
    report = work(zoo.check, folder, model)
    if as_json:
        print_json(report)
    else:
        _print_check(report)
    return 0 if report["is_sound"] else 1


def _print_check(report):
    rows = [("reader", "signature", "largest difference", "")]
    for row in report["readers"]:
        difference = "-" if row["difference"] is None else f"{row['difference']:.1e}"
        rows.append((row["reader"], row["signature"], difference, row["reason"] or row["output"]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    for breach in report["breaches"]:
        click.echo(breach)
    click.echo(
        f"{report['folder']}: {'sound' if report['is_sound'] else 'not sound'} "
        f"({report['requests']} requests, at most {TOLERANCE:g})"
    )


def _prefer_tensorflow():
    """Whatever `KERAS_BACKEND` says: what does not run yet can run on TensorFlow."""
    if "keras" not in sys.modules:
        select_backend("tensorflow")
