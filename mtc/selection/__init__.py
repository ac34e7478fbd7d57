"""Operator lists: which kernels a set of models needs, and why."""
