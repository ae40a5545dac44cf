"""Flags made from dataclasses of settings, flags that several commands share, and printing."""

import contextlib
import re
import sys

import click

from modzoo.errors import CallError
from modzoo.files import to_json
from modzoo.training.distribution import KINDS
from modzoo.training.environment import BACKENDS
from modzoo.training.settings import flag, kind, written

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
JSON_FLAG = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
BACKEND_FLAG = click.option(
    "--backend", type=click.Choice(BACKENDS), help="Keras backend (tensorflow)."
)
DATA_FLAG = click.option(
    "--data", type=click.Path(), help="Data folder. Without: the recipe's embedded default."
)
DISTRIBUTE_FLAG = click.option(
    "--distribute",
    type=click.Choice(KINDS),
    default="none",
    help="Share batches (data) or weights (model) among all devices (none).",
)
DISABLE_FLAG = click.option(
    "--disable", multiple=True, metavar="PART", help="Switch a part off; may be repeated."
)


class SubjectGroup(click.Group):
    """`modzoo <verb> SUBJECT`: a sub-command for each recipe or model, its flags its own.

    Args:
        names: Function that returns the names to list, with a line on each, `{name: line}`.
        make: Function of a subject that returns its parameters, help and callback.
    """

    def __init__(self, name, names, make, **attributes):
        super().__init__(name, no_args_is_help=True, **attributes)
        self.names = names
        self.make = make

    def parse_args(self, ctx, args):
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            subject = self.subcommand_metavar.split()[0]
            raise CallError(
                f"The {subject} comes before flags such as {args[0]}: modzoo {self.name} {subject}."
            )
        return super().parse_args(ctx, args)

    def list_commands(self, ctx):
        return list(self.names())

    def get_command(self, ctx, subject):
        if ctx.resilient_parsing and subject not in self.names():
            return None
        return self.make(subject)

    def format_commands(self, ctx, formatter):
        with formatter.section(f"{self.subcommand_metavar.split()[0]}"):
            formatter.write_dl(list(self.names().items()))


def settings_flags(fields, otherwise=None):
    """A flag for each field of a dataclass of settings.

    Args:
        fields: The dataclass' fields.
        otherwise: Dictionary of defaults that hold without `--data`.
    """
    return [_settings_flag(field, (otherwise or {}).get(field.name)) for field in fields]


def _settings_flag(field, otherwise):
    help = field.metadata["help"]
    default, unless = (
        "" if value is None else written(value, field) for value in (field.default, otherwise)
    )
    if unless and unless != default:
        default = f"{default}; {unless} without --data"
    help = help[0].upper() + help[1:] + (f" ({default})." if default else ".")
    if kind(field) is bool:
        names = f"{flag(field.name)}/{flag(f'no_{field.name}')}"
        return click.Option([names, field.name], default=None, help=help)
    value_type = str if kind(field) is tuple else kind(field)
    if field.metadata["is_path"]:
        value_type = click.Path()
    return click.Option([flag(field.name)], type=value_type, help=help)


def given(fields, flags):
    """Those settings, of `fields`, that were given as flags."""
    kinds = {field.name: kind(field) for field in fields}
    return {
        name: tuple(value.split(",")) if kinds[name] is tuple else value
        for name, value in flags.items()
        if value is not None
    }


def params(*flags):
    """Click parameters of options that are written as decorators, in order."""

    def function():
        pass

    for add in reversed(flags):
        function = add(function)
    return list(reversed(function.__click_params__))


def work(function, *args, **kwargs):
    """Runs long work with its progress and logs on standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        return function(*args, **kwargs)


def note(text):
    click.echo(text, err=True)


def note_all(remarks):
    for remark in remarks:
        note(remark)


def note_no_data(doing, trained):
    """Says that the embedded default is used; `trained`: the run that the model is of."""
    but = "" if trained.data is None else f", but the model was trained on {trained.data}"
    note(f"No --data: {doing} the recipe's embedded default{but}.")


def harmless(text):
    """Text for the terminal without what would steer it: names in files are a stranger's."""
    return CONTROLS.sub("\ufffd", text)


def print_json(value):
    click.echo(to_json(value))


def print_metrics(report, as_json):
    if as_json:
        print_json(report)
    else:
        click.echo(figures(report))


def figures(report):
    """The figures of a report in a line."""
    metrics = ", ".join(
        f"{name} {value:.4f}" for name, value in report["metrics"].items() if value is not None
    )
    of = f" of {report['of']}" if "of" in report else ""
    without = f", without {', '.join(report['disabled'])}" if "disabled" in report else ""
    return f"{report['split']} ({report['examples']}{of} examples{without}): {metrics}"
