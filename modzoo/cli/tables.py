"""The README's tables, made from the recipes' docstrings and the presets' records."""

from pathlib import Path

from modzoo import zoo
from modzoo.recipes import application_name
from modzoo.training.preset import preset_folder

SHOWN = 2  # figures of a preset


def recipe_table():
    """The recipes, a row each: name, what it trains, its application's card."""
    lines = ["| recipe | trains | card |", "|---|---|---|"]
    for recipe in zoo.list_recipes():
        folder = f"applications/{application_name(recipe['name'])}"
        lines.append(
            f"| `{recipe['name']}` | {recipe['summary']} | [{folder}]({folder}/README.md) |"
        )
    return "\n".join(lines)


def preset_table():
    """The presets, a row each: name, what it says, its figures, its size and card."""
    lines = ["| preset | says | figures | |", "|---|---|---|---|"]
    for preset in zoo.list_presets():
        figure = preset["figure"]
        metrics = list(figure["metrics"].items())[:SHOWN]
        shown = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in metrics)
        size = sum(f.stat().st_size for f in Path(preset_folder(preset["name"])).rglob("*.*"))
        card = f"modzoo/presets/{preset['name']}/card.md"
        lines.append(
            f"| `{preset['name']}` | {preset['summary']} | {shown} on {figure['split']} "
            f"({figure['examples']:,} examples) | {size / 2**20:.1f} MB, [card]({card}) |"
        )
    return "\n".join(lines)
