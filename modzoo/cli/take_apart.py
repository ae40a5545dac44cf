"""Trained networks and their modules: decompose, compose."""

import dataclasses
import os

import click

from modzoo import zoo
from modzoo.applications import load_application
from modzoo.cli.options import (
    BACKEND_FLAG,
    JSON_FLAG,
    SubjectGroup,
    given,
    harmless,
    note_no_data,
    params,
    print_json,
    settings_flags,
    work,
)
from modzoo.decomposition.options import DecompositionOptions
from modzoo.recipes import application_name, open_trained
from modzoo.training.environment import select_backend
from modzoo.training.settings import data_fields


def _presets():
    """The presets of recurrent networks, `{name: summary}`."""
    return {
        preset["name"]: preset["summary"]
        for preset in zoo.list_presets()
        if "decomposable" in dir(load_application(application_name(preset["recipe"])))
    }


def _decompose_command(model):
    is_file = os.path.isfile(model)
    fields = [*dataclasses.fields(DecompositionOptions)]
    if not is_file:
        trained, recipe = open_trained(model)
        fields += data_fields(recipe.Settings)

    def decompose(data, out, only, limit, seed, backend, as_json, **flags):
        select_backend(backend)
        if data is None and not is_file:
            note_no_data("taking it apart by", trained)
        options = given(fields, flags)
        report = work(zoo.decompose, model, data, out, only=only, limit=limit, seed=seed, **options)
        if as_json:
            print_json(report)
            return
        click.echo(
            f"{report['modules']} modules together {report['composition']:.4f}, the network "
            f"{report['monolith']:.4f} ({report['examples']} examples)"
        )
        click.echo(out)

    own = params(
        click.option(
            "--data", type=click.Path(), help="Data folder; of a model from a file, FILE.npz."
        ),
        click.option(
            "--out", type=click.Path(), required=True, help="Folder of the modules and the report."
        ),
        click.option("--only", metavar="LABEL,...", help="Modules of these labels alone (all)."),
        click.option("--limit", type=click.IntRange(min=1), help="Only the first N examples."),
        click.option(
            "--seed", type=click.IntRange(min=0), default=0, help="Which examples are observed (0)."
        ),
        BACKEND_FLAG,
        JSON_FLAG,
    )
    return click.Command(
        model,
        callback=decompose,
        params=[*own, *settings_flags(fields)],
        help=f"Takes {model} apart into a module for each of its classes, without training, and "
        "measures what they say together.",
    )


decompose = SubjectGroup(
    "decompose",
    _presets,
    _decompose_command,
    subcommand_metavar="MODEL [FLAGS]",
    help="A trained recurrent network taken apart into modules, one a class. MODEL is a run folder "
    "or a preset of recurrent networks; or a .keras or an HDF5 file, of Keras 2 or 3, with --data "
    "FILE.npz of x and y.",
)


@click.command(
    help="Puts modules together into one network. MODULES is a folder that `modzoo decompose` "
    "wrote; FOLDER:label,label takes some of them alone. Modules of several networks with "
    "vocabularies read the ids of a joint one."
)
@click.argument("modules", nargs=-1, required=True, metavar="MODULES...")
@click.option("--out", type=click.Path(), required=True, help="Folder of the modules together.")
@BACKEND_FLAG
@JSON_FLAG
def compose(modules, out, backend, as_json):
    select_backend(backend)
    report = work(zoo.compose, modules, out)
    if as_json:
        print_json(report)
    else:
        click.echo(harmless(f"{', '.join(report['labels'])}\n{out}"))
