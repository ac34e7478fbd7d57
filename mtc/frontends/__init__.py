"""Reads models of other frameworks into the IR."""
