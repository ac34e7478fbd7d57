"""Recipes: everything about one model, from its source to the answer to expect, in one strict file."""

from mtc.recipe.reader import Recipe, find, known, load, overridden, path_of, read, save, text_of
from mtc.recipe.running import Outcome, run

__all__ = ["Outcome", "Recipe", "find", "known", "load", "overridden", "path_of", "read", "run", "save", "text_of"]
