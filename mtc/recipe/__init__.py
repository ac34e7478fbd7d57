"""Recipes: everything about one model, from its source to the answer to expect, in one strict file."""

from mtc.recipe.reader import Recipe, find, known, load, overridden, read, save
from mtc.recipe.running import Outcome, run

__all__ = ["Outcome", "Recipe", "find", "known", "load", "overridden", "read", "run", "save"]
