"""Which folders are packages: `applications` and `recipes` beside `modzoo` belong in it."""

from setuptools import find_packages, setup

MAPPED = {"modzoo.applications": "applications", "modzoo.recipes": "recipes"}


def packages():
    """Names of all packages."""
    found = ["modzoo", *(f"modzoo.{name}" for name in find_packages("modzoo"))]
    for package, folder in MAPPED.items():
        found += [package, *(f"{package}.{name}" for name in find_packages(folder))]
    return sorted(found)


if __name__ == "__main__":
    setup(packages=packages(), package_dir=MAPPED)
