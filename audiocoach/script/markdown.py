"""The block structure of a script: CommonMark, and ``:::`` lines."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin


def read_tokens(lines: Sequence[str]) -> list[Token]:
    """markdown-it-py's tokens of all blocks; ``map`` counts lines from 0."""
    markdown = MarkdownIt("commonmark").use(front_matter_plugin)
    # Both would take lines away in silence: the one as links, the other as code.
    markdown.disable(["reference", "code"])
    markdown.block.ruler.before(
        "fence",
        "directive",
        _directive_rule,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )
    # Inline marks are read from the source itself, see inline.py.
    markdown.core.ruler.enableOnly(["normalize", "block"])
    return markdown.parse("\n".join(lines) + "\n")


def token_lines(token: Token) -> tuple[int, int]:
    """The first line of an outermost token or a list item, and the one after its last."""
    first, last = token.map or (0, 0)
    return first, last


def token_end(tokens: Sequence[Token], index: int) -> int:
    """The token that closes the one at ``index``: itself, where it holds no others."""
    if tokens[index].nesting > 0:
        level = tokens[index].level
        index += 1
        while tokens[index].level != level:
            index += 1
    return index


def _directive_rule(state: StateBlock, line: int, _end: int, silent: bool) -> bool:
    """A markdown-it block rule: each line that begins with ``:::`` is one token."""
    if not state.src.startswith(":::", state.bMarks[line] + state.tShift[line]):
        return False
    if not silent:
        state.line = line + 1
        token = state.push("directive", "", 0)
        token.map = [line, line + 1]
    return True
