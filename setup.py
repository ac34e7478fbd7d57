"""What pyproject.toml cannot say: the runtime's sources and the recipes go into the package, where an installed mtc
looks for them."""

from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

from setuptools import setup
from setuptools.command.build_py import build_py

DATA = {"runtime": "_runtime", "recipes": "_recipes"}


class BuildWithData(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:  # a checkout has them beside the package
            return
        for source, name in DATA.items():
            target = Path(self.build_lib, "mtc", name)
            rmtree(target, ignore_errors=True)  # of an earlier build, which may hold files that are gone
            copytree(source, target, dirs_exist_ok=True, ignore=ignore_patterns("__pycache__", "*.pyc"))


setup(cmdclass={"build_py": BuildWithData})
