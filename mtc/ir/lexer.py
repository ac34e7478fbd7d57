"""Splits IR text into tokens. Text may come from anywhere: whatever it holds, the only exception is an MtcError."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from mtc.diagnostics import IR_SYNTAX

WORD = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_STRING = r'"(?:[^"\\\n]|\\.)*"'
_SHARED = (
    rf"(?P<string>{_STRING})"
    r"|(?P<number>0x[0-9a-f]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<word>{WORD})"
)
_SPACE = r"(?P<space>[ \t\r\n]+)"
# `//` begins a comment and `%` a value's name, except within square brackets, where sizes divide.
_OUTSIDE = re.compile(
    rf"{_SPACE}|(?P<comment>//[^\n]*)|(?P<symbol>[@%](?:[A-Za-z0-9_.$-]+|{_STRING}))"
    rf"|{_SHARED}|(?P<mark>\.\.|[{{}}()\[\]<>=:,+*-])"
)
_BRACKETED = re.compile(rf"{_SPACE}|{_SHARED}|(?P<mark>//|[{{}}()\[\]<>=:,+*%-])")


class Token(NamedTuple):
    """A piece of text: `kind` is string, number, word, symbol, mark or end."""

    kind: str
    text: str
    position: int


class Lexer:
    """A cursor over the tokens of `text`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = self._split()
        self._index = 0

    @property
    def token(self) -> Token:
        """The token under the cursor."""
        return self._tokens[self._index]

    def take(self) -> Token:
        token = self.token
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def accept(self, text: str) -> bool:
        """Steps over the mark or word `text` if it is next."""
        if self.token.text == text and self.token.kind in ("mark", "word"):
            self.take()
            return True
        return False

    def expect(self, text: str) -> Token:
        if self.token.text != text or self.token.kind not in ("mark", "word"):
            self.fail(f"expected `{text}`{self._found()}")
        return self.take()

    def expect_kind(self, kind: str, meaning: str) -> Token:
        if self.token.kind != kind:
            self.fail(f"expected {meaning}{self._found()}")
        return self.take()

    def is_next(self, *texts: str) -> bool:
        return self.token.text in texts and self.token.kind in ("mark", "word")

    def string(self, literal: str, at: int) -> str:
        """The text that a string literal denotes."""
        try:
            value = json.loads(literal)
        except (ValueError, RecursionError):
            self.fail("string has a control character or an unknown escape", at)
        return str(value)

    def symbol(self, sigil: str, meaning: str) -> str:
        """The name that follows `sigil`."""
        token = self.token
        if token.kind != "symbol" or not token.text.startswith(sigil):
            self.fail(f"expected {meaning}{self._found()}")
        self.take()
        return self.string(token.text[1:], token.position) if token.text[1] == '"' else token.text[1:]

    def word_or_string(self, meaning: str) -> str:
        token = self.token
        if token.kind == "string":
            return self.string(self.take().text, token.position)
        return self.expect_kind("word", meaning).text

    def integer(self, meaning: str, digits: int = 19) -> int:
        """An integer, which may be negative."""
        sign = -1 if self.accept("-") else 1
        token = self.expect_kind("number", meaning)
        if not token.text.isdigit() or len(token.text) > digits:
            self.fail(f"expected {meaning}, found `{token.text[:40]}`", token.position)
        return sign * int(token.text)

    def fail(self, message: str, at: int | None = None, notes: Sequence[str] = (), help: str | None = None) -> NoReturn:
        """Raises IR_SYNTAX for the position `at`, by default the cursor's."""
        position = self.token.position if at is None else at
        line = self.text.count("\n", 0, position) + 1
        column = position - (self.text.rfind("\n", 0, position) + 1) + 1
        raise IR_SYNTAX.error(message, at=f"line {line}, column {column}", notes=notes, help=help)

    def _found(self) -> str:
        return " before the text ended" if self.token.kind == "end" else f", found `{self.token.text[:40]}`"

    def _split(self) -> list[Token]:
        tokens: list[Token] = []
        position = depth = 0
        while position < len(self.text):
            match = (_BRACKETED if depth else _OUTSIDE).match(self.text, position)
            if match is None:
                self.fail(f"unexpected character {self.text[position]!a}", position)
            kind, text = match.lastgroup or "", match.group()
            if kind not in ("space", "comment"):
                tokens.append(Token(kind, text, position))
            if kind == "mark":
                depth = max(0, depth + (text == "[") - (text == "]"))
            position = match.end()
        tokens.append(Token("end", "", len(self.text)))
        return tokens
