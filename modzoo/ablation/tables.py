"""The table of an ablation, for people and for other programs."""

from modzoo.files import whole_file, write_csv
from modzoo.training.settings import flag
from modzoo.training.written import difference, number, spread


def write_tables(folder, record):
    """Writes `ablation.md` and `ablation.csv` of an ablation's record to its folder."""
    with whole_file(folder / "ablation.md") as beside:
        beside.write_text(markdown(record), encoding="utf-8")
    write_csv(folder / "ablation.csv", csv_rows(record))


def markdown(record):
    """The rows as a table, and below what to know of it."""
    metric, axes = record["metric"], [flag(name) for name in record["rows"][0]["shown"]]
    heads = [f"`{axis}`" for axis in axes] + [metric, "runs", "difference", "p"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for place, row in enumerate(record["rows"]):
        cells = [f"`{_cell(value)}`" for value in row["shown"].values()]
        cells += [spread(row["metrics"].get(metric), row["deviation"].get(metric))]
        cells += [", ".join(number(run.get(metric)) for run in row["runs"])]
        cells += difference(row, metric) if place else ["", ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *remarks(record), ""])


def remarks(record):
    """What to know of the table: sentences."""
    plan, rows = record["plan"], record["rows"]
    seeds = ", ".join(map(str, plan["seeds"]))
    of = "mean and deviation of the seeds" if len(plan["seeds"]) > 1 else "seed"
    data = f" of {plan['data']}" if plan["data"] else ", the recipe's embedded default"
    said = [
        f"{plan['recipe']}, {record['metric']} on {record['split']} ({record['examples']:,} "
        f"examples{data}), {record['backend']}; {of} {seeds}."
    ]
    if len(plan["seeds"]) > 1 and len(rows) > 1:
        said.append(
            f"Difference to the first row, and p of a {record['test']}. It tells the differences "
            "from those that seeds make; few seeds prove little, and it says nothing of other "
            "examples."
        )
    return [*said, *record["skipped"]]


def csv_rows(record):
    """A dictionary for each row and figure."""
    return [
        {
            **row["shown"],
            "metric": name,
            "mean": row["metrics"][name],
            "deviation": row["deviation"][name],
            **{
                key if key == "p" else f"difference_{key}": value
                for key, value in row["difference"].get(name, {}).items()
            },
            **{
                f"seed_{seed}": run.get(name)
                for seed, run in zip(record["plan"]["seeds"], row["runs"], strict=True)
            },
        }
        for row in record["rows"]
        for name in row["metrics"]
    ]


def _cell(text):
    """A text in a cell of Markdown."""
    return " ".join(text.replace("|", "\\|").replace("`", "'").split())
