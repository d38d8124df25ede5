"""What the program is made of: named, fitting, and pinned for those who develop it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import licences
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-dev.lock"
PAGE = ROOT / "docs" / "licences.md"
WRITE = (
    "uv pip compile --universal --generate-hashes --no-emit-index-url --extra dev "
    "pyproject.toml -o requirements-dev.lock"
)


def wanted() -> list[Requirement]:
    """What pyproject.toml names for the program and for those who develop it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *extras["dev"]]
    own = next(each for each in map(Requirement, extras["dev"]) if each.name == "audiocoach")
    texts += [text for extra in sorted(own.extras) for text in extras[extra]]
    return [each for each in map(Requirement, texts) if each.name != "audiocoach"]


def pins() -> dict[str, tuple[list[str], int]]:
    """Each package of the lock file: its versions, and how many hashes it has."""
    found: dict[str, tuple[list[str], int]] = {}
    for block in re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8")):
        if match := re.match(r"([\w.-]+)==([\w.!+]+)", block):
            versions, hashes = found.get(canonicalize_name(match[1]), ([], 0))
            more = len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", block))
            found[canonicalize_name(match[1])] = ([*versions, match[2]], hashes + more)
    return found


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_what_is_needed_is_pinned_with_hashes(requirement: Requirement) -> None:
    versions, hashes = pins().get(canonicalize_name(requirement.name), ([], 0))
    assert any(version in requirement.specifier for version in versions), WRITE
    assert hashes


def test_every_pin_has_hashes_and_no_address() -> None:
    assert len(pins()) > 40
    assert all(hashes for _, hashes in pins().values())
    assert "://" not in LOCK.read_text(encoding="utf-8")


@pytest.mark.parametrize("package", licences.packages(), ids=lambda each: each.name)
def test_the_licence_of_each_package_fits_and_is_listed(package: licences.Package) -> None:
    assert package.fits, f"{package.name}: {package.licences or 'says nothing of its licence'}"
    listed = re.search(rf"^\| {package.name} \| ([^|]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert listed, "python tests/licences.py prints the table of docs/licences.md"
    if package.name in licences.NAMED:
        assert listed[1] == licences.NAMED[package.name]


def test_packages_under_the_gpl_are_named_as_what_they_are() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for package in licences.packages():
        if any(re.match(r"A?GPL", each) for each in package.licences):
            assert package.name in licences.NAMED
    for name in licences.NAMED:
        row = next(line for line in readme.splitlines() if line.startswith("|") and name in line)
        assert "GPL" in row


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        (("MIT",), True),
        (("BSD-3-Clause", "MIT"), True),
        (("LGPL-2.1-or-later",), True),
        (("GPL-3.0-or-later",), False),
        (("MIT", "AGPL-3.0-only"), False),
        (("Other/Proprietary License",), False),
        ((), False),
    ],
)
def test_a_licence_that_does_not_fit_or_is_unknown_is_found(
    told: tuple[str, ...], fits: bool
) -> None:
    assert licences.Package("some", told, frozenset()).fits is fits
