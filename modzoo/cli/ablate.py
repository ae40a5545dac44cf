import shlex
from pathlib import Path

import click

from modzoo import zoo
from modzoo.ablation.plan import RECORD, plan_fields
from modzoo.ablation.tables import markdown
from modzoo.cli.options import (
    BACKEND_FLAG,
    DATA_FLAG,
    DISTRIBUTE_FLAG,
    JSON_FLAG,
    SubjectGroup,
    harmless,
    note,
    params,
    print_json,
    settings_flags,
    work,
)
from modzoo.recipes import load_recipe, summary
from modzoo.training.environment import running_backend, select_backend
from modzoo.training.settings import kind

HELP = """Trains {name} with each combination of the settings that have several values, with each
of several seeds, and compares a figure of theirs with the first combination's.

\b
  modzoo ablate {name} {example} --seeds 3 --out DIR

A flag of a setting takes values until the next flag; a value of a setting that holds a list is a
list with commas; `all` or `none` leaves a setting open that may be left so. Combinations that the
recipe refuses are left out. DIR then holds ablation.md, ablation.csv, ablation.png and
ablation.json, and a run folder for each combination and seed."""


class OpenValue(click.ParamType):
    """A value of a setting that may be left open: `all` and `none` leave it so."""

    def __init__(self, value_type):
        self.value_type = click.types.convert_type(value_type)
        self.name = self.value_type.name

    def convert(self, value, param, ctx):
        if value in ("all", "none"):
            return None
        return self.value_type.convert(value, param, ctx)


class ValuesCommand(click.Command):
    """A command whose flags of several values take values until the next flag: `--flag a b` is
    `--flag a --flag b`."""

    def parse_args(self, ctx, args):
        several = {name for param in self.params if param.multiple for name in param.opts}
        several -= {name for param in self.params if param.is_flag for name in param.opts}
        spread, flag = [], None
        for arg in args:
            if arg.startswith("-") and not arg[1:2].isdigit():
                flag, is_first = arg.partition("=")[0], "=" not in arg
            elif flag in several:
                if not is_first:
                    spread.append(flag)
                is_first = False
            spread.append(arg)
        return super().parse_args(ctx, spread)


def _ablate(name, out, seeds, metric, data, resume, variant, start, backend, distribute, as_json,
            **flags):  # fmt: skip
    settings = {key: list(values) for key, values in flags.items() if values}
    select_backend(backend)
    if data is None and not resume:
        note("No --data: training on the recipe's embedded default.")
    try:
        record = work(
            zoo.ablate,
            name,
            out,
            data=data,
            seeds=seeds,
            metric=metric,
            variant=variant,
            start=start,
            resume=resume,
            distribute=distribute,
            **settings,
        )
    except KeyboardInterrupt:
        if not Path(out, RECORD).is_file():
            raise
        args = ["modzoo", "ablate", name, "--out", out, "--resume", "--backend", running_backend()]
        args += ["--distribute", distribute] if distribute != "none" else []
        raise click.Abort(f"Stopped; to go on: {shlex.join(args)}") from None
    if as_json:
        print_json(record)
    else:
        click.echo(harmless(markdown(record)))
        click.echo(Path(out, "ablation.png"))


def _command(name):
    recipe = load_recipe(name)
    fields = plan_fields(name)
    flags = settings_flags(fields, recipe.EMBEDDED)
    for option, field in zip(flags, fields, strict=True):
        option.multiple, option.default = True, None
        if field.default is None and kind(field) is not bool:
            option.type = OpenValue(option.type)
    own = params(
        DATA_FLAG,
        click.option("--out", type=click.Path(), required=True, help="Folder of the ablation."),
        click.option("--seeds", help="Their number, or seeds such as 0,1,5 (3)."),
        click.option("--metric", help="Figure to compare (the recipe's main one)."),
        click.option("--resume", is_flag=True, help="Go on with the ablation in --out."),
        click.option("--variant", type=click.Choice(list(recipe.VARIANTS)), help="Named settings."),
        click.option("--from", "start", metavar="MODEL", help="Run or preset to train further."),
        BACKEND_FLAG,
        DISTRIBUTE_FLAG,
        JSON_FLAG,
    )
    example = flags[1].opts[0] + " VALUE VALUE"
    return ValuesCommand(
        name,
        callback=lambda **given: _ablate(name, **given),
        params=[*flags, *own],
        help=HELP.format(name=name, example=example),
        short_help=summary(name),
    )


ablate = SubjectGroup(
    "ablate",
    names=lambda: {recipe["name"]: recipe["summary"] for recipe in zoo.list_recipes()},
    make=_command,
    subcommand_metavar="RECIPE [FLAGS]",
    help="Train a recipe with several settings and seeds, and compare them in a table; "
    "`modzoo ablate RECIPE --help` shows its flags.",
)
