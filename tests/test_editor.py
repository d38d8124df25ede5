"""What is offered to editors is the language as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from audiocoach.errors import ScriptError
from audiocoach.routine import Pace
from audiocoach.script import limits, parse
from audiocoach.script.frontmatter import LANGUAGE
from audiocoach.script.names import RESERVED
from audiocoach.script.tree import ANNOUNCEMENTS, FrontMatter

FOLDER = Path(__file__).parents[1] / "docs" / "editor"
SCHEMA: dict[str, Any] = json.loads((FOLDER / "front-matter.schema.json").read_text("utf-8"))
PROPERTIES: dict[str, dict[str, Any]] = SCHEMA["properties"]
SNIPPETS: dict[str, dict[str, Any]] = json.loads(
    (FOLDER / "audiocoach.code-snippets").read_text("utf-8")
)
CHOICES = "---\nchoices:\n  position: [lying, chair]\n---\n\n"


def front(key: str, value: Any) -> FrontMatter:
    """What the parser makes of one key."""
    text = yaml.safe_dump({key: value}, allow_unicode=True)
    return parse(f"---\n{text}---\n\nWords.\n", "x.md").front


def pattern_of(key: str) -> str:
    """What the schema asks of a text."""
    entry = PROPERTIES[key]
    return str(entry.get("anyOf", [entry])[0].get("pattern", ""))


def test_the_schema_has_the_keys_that_the_parser_takes() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("---\nqqqqqq: x\n---\n\na\n", "x.md")
    keys = str(caught.value).splitlines()[0].partition("there is ")[2].split(", ")
    assert list(PROPERTIES) == keys
    assert SCHEMA["additionalProperties"] is False


@pytest.mark.parametrize("key", PROPERTIES)
def test_every_example_and_default_is_taken(key: str) -> None:
    entry = PROPERTIES[key]
    assert entry["description"]
    for value in [*entry.get("examples", []), *entry.get("enum", [])]:
        assert getattr(front(key, value), key.replace("-", "_"))
        if isinstance(value, str) and (pattern := pattern_of(key)):
            assert re.search(pattern, value)
    if "default" in entry:
        assert getattr(parse("Words.\n", "x.md").front, key) == entry["default"]


def test_the_bounds_of_the_schema_are_those_of_the_parser() -> None:
    assert PROPERTIES["title"]["maxLength"] == limits.MAX_TITLE
    assert PROPERTIES["ambience"]["maxLength"] == limits.MAX_AMBIENCE
    assert PROPERTIES["summary"]["maxLength"] == limits.MAX_SUMMARY
    assert PROPERTIES["pace"]["enum"] == list(Pace)
    assert PROPERTIES["language"]["pattern"] == f"^{LANGUAGE.pattern}$"
    assert PROPERTIES["tags"]["maxItems"] == limits.MAX_ENTRIES
    assert PROPERTIES["choices"]["maxProperties"] == limits.MAX_CHOICES
    assert PROPERTIES["choices"]["propertyNames"]["not"]["enum"] == list(RESERVED)
    assert PROPERTIES["choices"]["additionalProperties"]["minItems"] == 2
    words, items = PROPERTIES["announce"]["anyOf"]
    assert items["items"]["enum"] == list(ANNOUNCEMENTS)
    assert re.search(words["pattern"], ", ".join(ANNOUNCEMENTS))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("language", "English!"),
        ("length", "soon"),
        ("length", ""),
        ("announce", "next, lunch"),
        ("announce", ", next"),
    ],
)
def test_what_the_schema_refuses_the_parser_refuses(key: str, value: str) -> None:
    assert not re.search(pattern_of(key), value)
    with pytest.raises(ScriptError):
        front(key, value)


def expanded(body: list[str]) -> str:
    """A snippet whose fields are left as they are."""
    text = "\n".join(body)
    text = re.sub(r"\$\{\d+:([^${}]*)\}", r"\1", text)
    text = re.sub(r"\$\{\d+\|([^,|]*)[^|]*\|\}", r"\1", text)
    return re.sub(r"\$\d", "", text)


@pytest.mark.parametrize("name", SNIPPETS)
def test_every_snippet_becomes_a_script(name: str) -> None:
    snippet = SNIPPETS[name]
    text = expanded(snippet["body"])
    assert "$" not in text
    if text.startswith("---"):
        text = f"{text}\n\nWords.\n"
    elif text.startswith(("[", "!")):
        text = f"Words. {text}\n"
    elif text.startswith("- "):
        text = f"Words. [for 60s]\n{text}\n"
    else:
        text = f"{CHOICES}Words.\n\n{text}\n\nMore words.\n"
    assert parse(text, "x.md").blocks
    assert snippet["scope"] == "markdown"
    assert snippet["prefix"]
    assert snippet["description"]


def test_there_is_a_snippet_for_every_mark() -> None:
    together = "\n".join(expanded(snippet["body"]) for snippet in SNIPPETS.values())
    for mark in (
        "[5s]", "[for ", "[until done, ", '!["bell"]', "- at ", "- at half", " left:", "- every ",
        " / ", "::: repeat", "::: for ", "::: if ", "::: else", "> ", "# ", "[count ", "[breathe ",
        "choices:", "#[ambience:",
    ):  # fmt: skip
        assert mark in together, mark
    prefixes = [snippet["prefix"] for snippet in SNIPPETS.values()]
    assert len(set(prefixes)) == len(prefixes)
