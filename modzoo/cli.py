"""The command line: `modzoo list | train | evaluate | predict | explain`."""

import contextlib
import dataclasses
import os
import sys
import traceback
from pathlib import Path

import click

import modzoo
from modzoo.errors import CallError
from modzoo.files import read_lines, to_json
from modzoo.recipes import load_model, load_recipe, open_trained, recipe_names, summary
from modzoo.training import environment
from modzoo.training.settings import fields_of, flag, kind

JSON_FLAG = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
BACKEND_FLAG = click.option(
    "--backend", type=click.Choice(environment.BACKENDS), help="Keras backend (tensorflow)."
)
DATA_FLAG = click.option(
    "--data", type=click.Path(), help="Data folder. Without: the recipe's embedded default."
)
DISABLE_FLAG = click.option(
    "--disable", multiple=True, metavar="MODULE", help="Switch a module off; may be repeated."
)
LIMIT_FLAG = click.option("--limit", type=click.IntRange(min=1), help="Only the first N examples.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(modzoo.__version__, message="modzoo %(version)s")
def cli():
    """Modular neural networks for Keras 3: train them, use them, see their modules at work."""


@cli.command("list")
@JSON_FLAG
def list_command(as_json):
    """What there is: recipes, presets, layers."""
    from modzoo.layers import LAYERS
    from modzoo.training.preset import preset_folder, preset_names, read_preset

    recipes = [{"name": name, "summary": summary(name)} for name in recipe_names()]
    presets = []
    for name in preset_names():
        record = read_preset(preset_folder(name))
        presets.append({"name": name, "recipe": record["recipe"], "figure": record["figure"]})
    listing = {"recipes": recipes, "presets": presets, "layers": list(LAYERS)}
    if as_json:
        _print_json(listing)
        return
    for recipe in recipes:
        click.echo(f"recipe  {recipe['name']}  {recipe['summary']}")
    for preset in presets:
        click.echo(f"preset  {preset['name']}  {preset['recipe']}, {_figures(preset['figure'])}")
    for layer in listing["layers"]:
        click.echo(f"layer   modzoo.layers.{layer}")


class RecipeGroup(click.Group):
    """`train RECIPE`: a sub-command for each recipe, its flags from the recipe's settings."""

    def list_commands(self, ctx):
        return recipe_names()

    def get_command(self, ctx, name):
        if ctx.resilient_parsing and name not in recipe_names():
            return None
        recipe = load_recipe(name)
        return click.Command(
            name,
            callback=lambda **flags: _train(name, recipe, **flags),
            params=[*_settings_flags(dataclasses.fields(recipe.Settings)), *_run_flags(recipe)],
            help="\b\n" + recipe.__doc__.replace("\n\n", "\n\n\b\n"),
            short_help=summary(name),
        )


@cli.group(cls=RecipeGroup, subcommand_metavar="RECIPE [FLAGS]")
def train():
    """Train a recipe; `modzoo train RECIPE --help` shows its flags."""


def _settings_flags(fields):
    flags = []
    for field in fields:
        is_list = kind(field) is tuple
        default = ",".join(field.default) if is_list else field.default
        shown = field.metadata["help"] + ("." if default in (None, "", False) else f" ({default}).")
        shown = shown[0].upper() + shown[1:]
        if kind(field) is bool:
            flags.append(click.Option([flag(field.name)], is_flag=True, default=None, help=shown))
            continue
        value_type = str if is_list else kind(field)
        if field.metadata["is_path"]:
            value_type = click.Path(resolve_path=True)
        flags.append(click.Option([flag(field.name)], type=value_type, help=shown))
    return flags


def _given(recipe, flags):
    """Those settings that were given as flags."""
    kinds = {field.name: kind(field) for field in dataclasses.fields(recipe.Settings)}
    return {
        name: tuple(value.split(",")) if kinds[name] is tuple else value
        for name, value in flags.items()
        if value is not None
    }


def _run_flags(recipe):
    def params(function):
        return list(reversed(function.__click_params__))

    @DATA_FLAG
    @click.option("--out", type=click.Path(), help="Run folder (runs/RECIPE/TIME).")
    @click.option("--resume", is_flag=True, help="Go on with a run that was stopped.")
    @click.option("--variant", type=click.Choice(list(recipe.VARIANTS)), help="Named settings.")
    @click.option("--from", "start", metavar="MODEL", help="Run or preset to train further.")
    @BACKEND_FLAG
    @JSON_FLAG
    def flags():
        pass

    return params(flags)


def _train(name, recipe, data, out, resume, variant, start, backend, as_json, **flags):
    from modzoo.training import Run

    given = _given(recipe, flags)
    if variant is not None:
        given = {**recipe.VARIANTS[variant], **given}
    environment.select_backend(backend)
    if start is not None:
        given = _with_model_of(start, name, recipe, given, variant)
        start = os.path.abspath(start) if os.path.exists(start) else start
    defaults = recipe.EMBEDDED if data is None else {}
    if resume:
        run = Run.resume(out, name, recipe.Settings, given, data, start, defaults)
    else:
        run = Run.begin(out, name, recipe.Settings(**{**defaults, **given}), data, start)
    _note(f"{name} on {os.environ['KERAS_BACKEND']}, run folder {run.path}")
    if run.data is None:
        _note("No --data: training on the recipe's embedded default.")
    report = _work(lambda: recipe.main(run.settings, run))
    _print_metrics(report, as_json)
    if not as_json:
        click.echo(f"Run folder: {run.path}  (plots: {run.path / 'plots'})")


def _with_model_of(start, name, recipe, given, variant):
    """The settings `given`, with those that describe the model taken from `start`."""
    trained, _ = open_trained(start)
    fixed = {
        f.name: getattr(trained.settings, f.name) for f in fields_of(trained.settings, "model")
    }
    same_application = trained.recipe.split("/")[0] == name.split("/")[0]
    settings_of_model = {f.name for f in fields_of(recipe.Settings, "model")}
    if not same_application or fixed.keys() != settings_of_model:
        raise CallError(
            f"--from {start} is a model of {trained.recipe}, which {name} cannot train further."
        )
    for key, value in fixed.items():
        if given.get(key, value) != value:
            of_variant = variant is not None and key in recipe.VARIANTS[variant]
            said = f"--variant {variant} sets {flag(key)}, which" if of_variant else flag(key)
            raise CallError(
                f"{said} is part of the model, and --from {start} has {value}; leave it out."
            )
    return {**given, **fixed}


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("model")
@click.argument("data_flags", nargs=-1, type=click.UNPROCESSED, metavar="[DATA FLAGS]")
@DATA_FLAG
@click.option("--split", help="Split of the data. Without: the last labelled one.")
@LIMIT_FLAG
@DISABLE_FLAG
@BACKEND_FLAG
@JSON_FLAG
def evaluate(model, data_flags, data, split, limit, disable, backend, as_json):
    """Figures of a trained MODEL, a run folder or a preset, on labelled data.

    Flags that say how data are read, such as --text-column, are those of the model's recipe;
    without them data are read as in training.
    """
    from modzoo.training.run import metrics_report

    if model.startswith("-"):
        raise CallError(f"The MODEL comes before flags such as {model}: modzoo evaluate MODEL ...")
    environment.select_backend(backend)
    trained, recipe = open_trained(model)
    config = dataclasses.replace(trained.settings, **_data_settings(trained, recipe, data_flags))
    if data is None:
        on = "" if trained.data is None else f", but the model was trained on {trained.data}"
        _note(f"No --data: evaluating on the recipe's embedded default{on}.")

    def work():
        return recipe.evaluate(_load(trained, recipe, disable), config, data, split, limit)

    _print_metrics(metrics_report(model, trained.recipe, *_work(work)), as_json)


def _data_settings(trained, recipe, arguments):
    """The settings of kind `data` among the arguments that `evaluate` itself does not know."""
    command = click.Command("evaluate", params=_settings_flags(fields_of(trained.settings, "data")))
    with command.make_context("evaluate", list(arguments)) as context:
        return _given(recipe, context.params)


@cli.command()
@click.argument("model")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("--file", type=click.Path(), help="File of inputs, one a line; - for stdin.")
@click.option("--out", type=click.Path(), help="PNG to write, of a model that draws.")
@click.option(
    "--num-samples", type=int, help="Pictures to draw, or completions of each INPUT (16)."
)
@click.option("--temperature", type=float, help="How wildly to draw (1).")
@click.option("--seed", type=int, help="Seed of what is drawn (0).")
@DISABLE_FLAG
@BACKEND_FLAG
@JSON_FLAG
def predict(model, inputs, file, disable, backend, as_json, **drawing):
    """What a trained MODEL, a run folder or a preset, says of each INPUT.

    A model that draws writes pictures to --out. Its INPUTs are files of pictures, whose lower
    halves it draws anew; without one it draws all.
    """
    environment.select_backend(backend)
    trained, recipe = open_trained(model)
    inputs = [*inputs, *(_lines(file) if file else [])]
    if hasattr(recipe, "Drawing"):
        results = _draw(trained, recipe, inputs, disable, **drawing)
        lines = [drawing["out"]]
    else:
        for name in [name for name, value in drawing.items() if value is not None]:
            raise CallError(
                f"{flag(name)} is for models that draw; this one is {trained.recipe}'s."
            )
        if not inputs:
            raise CallError("There is nothing to predict; give inputs, or a --file of them.")
        inputs = [_valid(text) for text in inputs]
        results = _work(lambda: recipe.predict(_load(trained, recipe, disable), inputs))
        lines = map(_line_of, results)
    if as_json:
        _print_json(results)
        return
    for line in lines:
        click.echo(line)


def _draw(trained, recipe, inputs, disable, out, **drawing):
    from modzoo.training.run import require_writable

    if out is None:
        raise CallError("The model draws pictures; name the PNG to write with --out.")
    if Path(out).suffix.lower() != ".png" or Path(out).is_dir():
        raise CallError(f"--out needs a file that ends in .png, received {out}.")
    require_writable(Path(out).absolute().parent)
    drawing = recipe.Drawing(**{name: x for name, x in drawing.items() if x is not None})
    return _work(lambda: recipe.predict(_load(trained, recipe, disable), inputs, drawing, out))


@cli.command()
@click.argument("model")
@click.argument("input_", metavar="[INPUT]", required=False)
@click.option("--out", type=click.Path(), required=True, help="Folder of the picture and the JSON.")
@DISABLE_FLAG
@BACKEND_FLAG
@JSON_FLAG
def explain(model, input_, out, disable, backend, as_json):
    """Which module of MODEL read what of INPUT: explain.png and explain.json.

    A model that draws explains a picture's file, or, without an INPUT, what it draws itself.
    """
    from modzoo.files import save_figure, write_json
    from modzoo.training.run import require_writable

    environment.select_backend(backend)
    trained, recipe = open_trained(model)
    require_writable(out)
    if not hasattr(recipe, "Drawing"):
        if input_ is None:
            raise CallError("There is nothing to explain; give an INPUT.")
        input_ = _valid(input_)
    record, figure = _work(lambda: recipe.explain(_load(trained, recipe, disable), input_))
    write_json(Path(out, "explain.json"), record)
    save_figure(figure, Path(out, "explain.png"))
    if as_json:
        _print_json(record)
    else:
        click.echo(f"{Path(out, 'explain.png')}\n{Path(out, 'explain.json')}")


def _load(trained, recipe, disabled):
    model = load_model(trained)
    if disabled:
        recipe.disable(model, disabled)
    return model


def _valid(text):
    """An argument of the command line whose bytes were no UTF-8, as text."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _lines(file):
    path = "/dev/stdin" if file == "-" else file
    return [line for _, line in read_lines(path)]


def _line_of(result):
    """A prediction for people: a text's label, or the columns of tokens and their tags."""
    if "tokens" in result:
        columns = (column for name, column in result.items() if isinstance(column, list))
        return "\n".join("\t".join(cells) for cells in zip(*columns, strict=True)) + "\n"
    judgement = f"{result['label']}  {result['scores'][result['label']]:.3f}"
    if "score" in result:
        judgement += f"  mean {result['score']:+.2f}"
    return f"{judgement}  {result['input']}"


def _work(function):
    """Runs long work with its progress and logs on standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        return function()


def _note(text):
    click.echo(text, err=True)


def _print_json(value):
    click.echo(to_json(value))


def _print_metrics(report, as_json):
    if as_json:
        _print_json(report)
        return
    click.echo(_figures(report))


def _figures(report):
    figures = ", ".join(f"{name} {value:.4f}" for name, value in report["metrics"].items())
    return f"{report['split']} ({report['examples']} examples): {figures}"


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
    except (KeyboardInterrupt, click.Abort):
        code = _fail("Stopped.", 1)
    except Exception as error:
        if os.environ.get("MODZOO_TRACEBACK"):
            traceback.print_exc()
        detail = " ".join(str(error).split())
        code = _fail(f"{type(error).__name__}: {detail} (MODZOO_TRACEBACK=1 shows where.)", 1)
    sys.exit(code or 0)


def _fail(message, code):
    click.echo(f"modzoo: {message}", err=True)
    return code
