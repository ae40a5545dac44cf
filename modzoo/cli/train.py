import contextlib
import dataclasses
import shlex

import click

from modzoo import zoo
from modzoo.cli.options import (
    BACKEND_FLAG,
    DATA_FLAG,
    DISTRIBUTE_FLAG,
    JSON_FLAG,
    SubjectGroup,
    given,
    note,
    params,
    print_metrics,
    settings_flags,
    work,
)
from modzoo.recipes import begin_run, load_recipe, summary
from modzoo.training.distribution import is_first_process
from modzoo.training.environment import running_backend, select_backend
from modzoo.training.run import is_run


def _train(name, data, out, resume, variant, start, backend, distribute, as_json, **flags):
    recipe = load_recipe(name)
    settings = given(dataclasses.fields(recipe.Settings), flags)
    select_backend(backend)
    run = begin_run(
        name,
        settings,
        data=data,
        out=out,
        variant=variant,
        start=start,
        resume=resume,
        distribute=distribute,
    )
    note(f"{name} on {running_backend()}, run folder {run.path}")
    if run.data is None:
        note("No --data: training on the recipe's embedded default.")
    with contextlib.closing(run), _says_how_to_go_on(run, distribute):
        report = work(recipe.main, run.settings, run)
    if not is_first_process():
        return
    print_metrics(report, as_json)
    if not as_json:
        click.echo(f"Run folder: {run.path}  (plots: {run.path / 'plots'})")


@contextlib.contextmanager
def _says_how_to_go_on(run, distribute):
    try:
        yield
    except KeyboardInterrupt:
        if not is_run(run.path):
            raise
        args = ["modzoo", "train", run.recipe, "--out", str(run.path), "--resume"]
        args += ["--backend", running_backend()]
        args += ["--distribute", distribute] if distribute != "none" else []
        raise click.Abort(f"Stopped; to go on: {shlex.join(args)}") from None


def _command(name):
    recipe = load_recipe(name)
    run_flags = params(
        DATA_FLAG,
        click.option("--out", type=click.Path(), help="Run folder (runs/RECIPE/TIME)."),
        click.option("--resume", is_flag=True, help="Go on with the run in --out."),
        click.option("--variant", type=click.Choice(list(recipe.VARIANTS)), help="Named settings."),
        click.option("--from", "start", metavar="MODEL", help="Run or preset to train further."),
        BACKEND_FLAG,
        DISTRIBUTE_FLAG,
        JSON_FLAG,
    )
    fields = dataclasses.fields(recipe.Settings)
    return click.Command(
        name,
        callback=lambda **flags: _train(name, **flags),
        params=[*settings_flags(fields, recipe.EMBEDDED), *run_flags],
        help="\b\n" + recipe.__doc__.replace("\n\n", "\n\n\b\n"),
        short_help=summary(name),
    )


train = SubjectGroup(
    "train",
    names=lambda: {recipe["name"]: recipe["summary"] for recipe in zoo.list_recipes()},
    make=_command,
    subcommand_metavar="RECIPE [FLAGS]",
    help="Train a recipe; `modzoo train RECIPE --help` shows its flags.",
)
