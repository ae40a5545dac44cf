"""The command line: `modzoo list | train | ablate | evaluate | inspect | predict | explain |
decompose | compose | export | check`."""

import os
import sys
import traceback

import click

import modzoo
from modzoo import zoo
from modzoo.cli.ablate import ablate
from modzoo.cli.options import JSON_FLAG, figures, print_json
from modzoo.cli.serve import check, export
from modzoo.cli.tables import preset_table, recipe_table
from modzoo.cli.take_apart import compose, decompose
from modzoo.cli.train import train
from modzoo.cli.use import evaluate, explain, inspect, predict
from modzoo.errors import CallError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(modzoo.__version__, message="modzoo %(version)s")
def cli():
    """Modular neural networks for Keras 3: train them, use them, see their modules at work."""


@cli.command("list")
@JSON_FLAG
@click.option("--markdown", is_flag=True, help="Print the README's tables of recipes and presets.")
def list_command(as_json, markdown):
    """What there is: recipes, presets, layers."""
    if markdown:
        click.echo(recipe_table() + "\n\n" + preset_table())
        return
    recipes, presets, layers = zoo.list_recipes(), zoo.list_presets(), zoo.list_layers()
    if as_json:
        print_json({"recipes": recipes, "presets": presets, "layers": layers})
        return
    for recipe in recipes:
        click.echo(f"recipe  {recipe['name']}  {recipe['summary']}")
    for preset in presets:
        click.echo(f"preset  {preset['name']}  {preset['recipe']}, {figures(preset['figure'])}")
    for layer in layers:
        click.echo(f"layer   modzoo.layers.{layer}")


COMMANDS = (train, ablate, evaluate, inspect, predict, explain, decompose, compose, export, check)
for command in COMMANDS:
    cli.add_command(command)


def main(args=None):
    """Runs the command line; exit code 0: done, 1: the work failed, 2: the call was wrong."""
    try:
        code = cli(args=args, standalone_mode=False)
    except CallError as error:
        code = _fail(str(error), 2)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 0
    except click.ClickException as error:
        code = _fail(error.format_message(), 2)
    except (KeyboardInterrupt, click.Abort) as stop:
        code = _fail(str(stop) or "Stopped.", 1)
    except Exception as error:
        if os.environ.get("MODZOO_TRACEBACK"):
            traceback.print_exc()
        detail = " ".join(str(error).split())
        code = _fail(f"{type(error).__name__}: {detail} (MODZOO_TRACEBACK=1 shows where.)", 1)
    sys.exit(code or 0)


def _fail(message, code):
    click.echo(f"modzoo: {message}", err=True)
    return code
