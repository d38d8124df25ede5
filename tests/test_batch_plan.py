"""What a plan means: which files, from which scripts, under which names; and its errors."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from pathlib import Path

import pytest
from batching import names, plan_at, prepared, script
from hypothesis import given
from hypothesis import strategies as st

from audiocoach import identity
from audiocoach.batch import naming, plan, prepare
from audiocoach.batch.jobs import Found, Wanted
from audiocoach.batch.product import Product
from audiocoach.errors import AudiocoachError, NotFoundError, ScriptError
from audiocoach.script.names import is_sound
from audiocoach.testing import open_tone
from audiocoach.voices import catalogue


@pytest.fixture(autouse=True)
def tones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "open_voice", open_tone)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("desk", "neck"):
        script(tmp_path, name)
    script(tmp_path, "desk.de", "de")
    return tmp_path


def made(folder: Path, text: str) -> list[str]:
    return names(prepared(plan_at(folder, text)).jobs)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        prepared(plan_at(folder, text))
    return [str(each).replace(f"{folder}/", "") for each in caught.value.problems]


def test_everything_with_everything(folder: Path) -> None:
    text = """
    routines = ["desk.md", "neck.md"]
    voices = ["tone", "tone-en"]
    lengths = ["40s", "1m", "own"]
    output = "{routine}/{voice}-{length}.mp3"
    """
    parts = itertools.product(("desk", "neck"), ("tone", "tone-en"), ("-40s", "-1m", ""))
    assert made(folder, text) == [f"{one}/{two}{three}.mp3" for one, two, three in parts]


def test_what_differs_is_in_the_name_if_the_plan_says_none(folder: Path) -> None:
    text = 'routines = ["desk.md"]\nvoices = ["tone"]\n'
    assert made(folder, text) == ["desk.mp3"]
    more = text + 'formats = ["mp3", "wav"]\nset.side = ["left", "right"]\nlengths = ["40s"]'
    assert made(folder, more) == [
        "desk-left.mp3", "desk-right.mp3", "desk-left.wav", "desk-right.wav",
    ]  # fmt: skip


def test_the_script_of_a_language_lies_beside_and_has_its_own_voice(folder: Path) -> None:
    text = """
    routines = ["desk.md"]
    languages = ["en", "de"]
    output = "{routine}-{language}-{voice}"
    [voices]
    en = ["tone", "tone-en"]
    de = "tone-de"
    """
    jobs = prepared(plan_at(folder, text)).jobs
    assert names(jobs) == ["desk-en-tone.mp3", "desk-en-tone-en.mp3", "desk-de-tone-de.mp3"]
    assert [Path(job.source.path).name for job in jobs] == ["desk.md", "desk.md", "desk.de.md"]


def test_a_pattern_finds_each_routine_once(folder: Path) -> None:
    assert made(folder, 'routines = ["*.md"]\nvoices = "tone"') == ["desk.mp3", "neck.mp3"]
    both = 'routines = ["*.md"]\nlanguages = ["de"]\nvoices = "tone"\n'
    (told,) = problems(folder, both)
    assert "studio.toml:1:13" in told
    assert 'neck is not there in "de": that would be neck.de.md' in told


def test_known_routines_are_called_by_name(folder: Path) -> None:
    assert made(folder, 'routines = ["breathing-pause"]\nvoices = "tone"') == [
        "breathing-pause.mp3"
    ]


def test_excludes_and_includes(folder: Path) -> None:
    text = """
    routines = ["desk.md", "neck.md"]
    voices = ["tone", "tone-en"]
    lengths = ["40s", "1m"]
    [[exclude]]
    routine = "neck"
    length = ["1m"]
    [[exclude]]
    voice = "tone-en"
    length = "1m"
    [[include]]
    routine = "neck.md"
    voice = "tone"
    length = "70s"
    set.side = "right"
    """
    assert made(folder, text) == [
        "desk-tone-40s.mp3",
        "desk-tone-1m.mp3",
        "desk-tone-en-40s.mp3",
        "neck-tone-40s.mp3",
        "neck-tone-en-40s.mp3",
        "neck-tone-70s-right.mp3",
    ]


def test_an_include_that_is_there_already_is_made_once(folder: Path) -> None:
    text = 'routines = ["desk.md"]\nvoices = "tone"\n[[include]]\nvoice = "tone"\n'
    assert made(folder, text) == ["desk.mp3"]


def test_a_choice_multiplies_those_that_offer_it(folder: Path) -> None:
    plain = folder / "plain.md"
    plain.write_text("Breathe.", encoding="utf-8")
    text = """
    routines = ["desk.md", "plain.md"]
    voices = "tone"
    set.side = ["left", "right"]
    output = "{routine}-{set.side}.mp3"
    """
    assert made(folder, text) == ["desk-left.mp3", "desk-right.mp3", "plain.mp3"]


def test_all_problems_are_told_at_once_with_their_places(folder: Path) -> None:
    text = """\
routines = [
    "desk.md",
    "nekc.md",
]
voice = ["tone"]
lengths = ["20", "1m", "1m"]
presets = ["phones"]
set = {side = ["up!"]}
accessible = "yes"

[[exclude]]
routin = "desk"
"""
    told = problems(folder, text)
    assert (
        "\n".join(each.splitlines()[0] for each in told).replace(" error:", "")
        == """\
studio.toml:5:1: voice: there is no key "voice"; did you mean "voices"?
studio.toml:6:12: lengths[1]: "20" is no length; write it like 20m, 1h30m or 90s, or own
studio.toml:6:18: lengths[3]: "1m" stands here twice
studio.toml:7:12: presets[1]: there is no preset "phones"; did you mean "phone"?
studio.toml:8:16: set.side[1]: "up!" is not one word of letters, digits, - or _
studio.toml:9:1: accessible: write true or false
studio.toml:12:1: exclude[1].routin: there is no key "routin"; did you mean "routine"?"""
    )
    assert told[1].splitlines()[2] == " " * 15 + "^^^^"


def test_problems_that_show_only_when_everything_is_looked_up(folder: Path) -> None:
    (folder / "broken.md").write_text("[for 5]\n\n::: repeat\n", encoding="utf-8")
    text = """\
routines = ["desk.md", "nekc.md", "broken.md"]
voices = ["tone", "bass", "tone-de"]
ambience = ["own", "ocaen", "seas.mp3"]
set.side = ["lift"]
"""
    told = "\n".join(problems(folder, text))
    assert (
        'studio.toml:1:24: error: routines: no script at nekc.md; did you mean "neck.md"?' in told
    )
    assert "broken.md:1:" in told
    assert "broken.md:3:" in told
    assert 'voices: no voice is called "bass"' in told
    assert 'voices: "tone-de" speaks de, but desk.md is in en; name voices by language' in told
    assert 'ambience: no sound is called "ocaen"; did you mean "ocean"?' in told
    assert 'ambience: there is no sound file "seas.mp3"' in told.replace(str(folder) + "/", "")
    assert 'set.side: "side" of desk is never "lift"; did you mean "left"?' in told


DESK = 'routines = ["desk.md"]\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a plan has routines"),
        ("routines = []", "routines: the list is empty"),
        ("routines = [1]", "routines[1]: 1 is no text"),
        (DESK + "voices = {}", "voices: {} is no text"),
        (DESK + '[voices]\nde = "tone"', 'there is no voice for "en", only for de'),
        (DESK + "set = 3", "set: choices are a table"),
        (DESK + 'set.sied = "left"', 'the choice "sied"; did you mean "side"'),
        (DESK + "bitrate = 127", "bitrate: no bit rate of 127 kbit/s for .mp3"),
        (DESK + 'beside = ["vtx"]', 'no beside "vtx"; did you mean "vtt"?'),
        (DESK + 'output = "{rutine}.mp3"', "no {rutine} to put in a name"),
        (DESK + 'output = "../{routine}"', "cannot be the name of a file"),
        (DESK + 'output = "a{b.mp3"', "a { or } stands alone"),
        (DESK + 'output = "a.wav"\nformats = "mp3"', "ends in .wav, the format is mp3"),
        (DESK + "exclude = 3", "write each as a table of its own: [[exclude]]"),
        (DESK + '[[exclude]]\nlength = "7m"', "exclude[1]: this leaves nothing out"),
        (DESK + "[[include]]", "include[1]: this include says nothing"),
        ('routines = ["desk.md"', "this is not TOML"),
        (DESK + "routines = []", "studio.toml:2:"),
        (DESK + 'languages = ["de"]\nvoices=["tone-en"]', "desk.de.md is in de"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(folder: Path, text: str, told: str) -> None:
    assert told in "\n".join(problems(folder, text))


def test_two_files_never_have_one_name(folder: Path) -> None:
    text = 'routines = ["desk.md"]\nvoices = "tone"\nlengths = ["40s", "1m"]\n'
    (told,) = problems(folder, text + 'output = "Desk.mp3"')
    assert 'two files would be called "Desk.mp3"; write {length} into output' in told
    other = folder / "more"
    other.mkdir()
    script(other, "DESK")
    (told,) = problems(
        folder, 'routines = ["desk.md", "more/DESK.md"]\nvoices = "tone"\noutput="{routine}"'
    )
    assert 'would be called "DESK.mp3"' in told


def test_what_lies_beside_has_a_name_of_its_own_too(folder: Path) -> None:
    text = 'routines = ["desk.md"]\nvoices = "tone"\nformats = ["mp3", "wav"]\nbeside = ["vtt"]\n'
    (told,) = problems(folder, text)
    assert 'two files would be called "desk.vtt"; write {format} into output' in told


def test_a_script_says_the_language_of_its_name(folder: Path) -> None:
    script(folder, "neck.fr", "en")
    (told,) = problems(folder, 'routines = ["neck.md"]\nlanguages = ["fr"]\nvoices = "tone"')
    assert 'neck.fr.md says that it is in "en"; write "language: fr" in its front matter' in told


def test_a_plan_is_bounded(folder: Path) -> None:
    lengths = ", ".join(f'"{number}s"' for number in range(50, 1_050))
    voices = ", ".join(f'"tone-en-{number}"' for number in range(11))
    (told,) = problems(
        folder, f'routines = ["desk.md"]\nlengths = [{lengths}]\nvoices = [{voices}]'
    )
    assert "this makes too many files; the most is 10000" in told
    with pytest.raises(ScriptError, match="1048576 bytes at most"):
        plan.parse(b"#" * (plan.MAX_PLAN + 1), Path("x.toml"))
    with pytest.raises(ScriptError, match="the most is 2000"):
        plan.parse(f"routines = {[f'r{n}' for n in range(2_001)]}".encode(), Path("x.toml"))
    with pytest.raises(ScriptError, match=r"x.toml:2:1: error: this is not UTF-8"):
        plan.parse(b"#\n\xff", Path("x.toml"))
    with pytest.raises(NotFoundError, match="no plan at"):
        plan.read(folder / "none.toml")


@given(st.text(max_size=200))
def test_any_text_that_is_no_plan_has_errors_with_places(text: str) -> None:
    with pytest.raises(ScriptError) as caught:
        plan.parse(b"x = 1\n" + text.encode("utf-8", "surrogatepass"), Path("x.toml"))
    assert all(each.path == "x.toml" and each.line >= 1 for each in caught.value.problems)


VALUES = st.text(max_size=20)


@given(st.dictionaries(st.sampled_from(["routine", "voice", "length"]), VALUES))
def test_a_filled_pattern_stays_in_its_folder(told: dict[str, str]) -> None:
    name = naming.fill("{routine}/{voice}-{length}.{format}", {**told, "format": "mp3"})
    assert not is_sound(name) or ".." not in Path(name).parts
    assert not Path(name).is_absolute() or not is_sound(name)


# What a job carries, and when it is another one


def job_of(folder: Path, text: str = "") -> tuple[str, dict[str, str]]:
    plain = 'routines = ["desk.md"]\nvoices = "tone"\n'
    (job,) = prepared(plan_at(folder, text or plain)).jobs
    return job.key, dict(job.inputs)


def test_the_key_of_a_job_is_what_is_heard(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, inputs = job_of(folder)
    path = folder / "desk.md"
    path.touch()
    assert job_of(folder)[0] == key, "a time is not what is heard"
    path.write_text(path.read_text().replace("# One", "<!-- a note -->\n\n# One"))
    assert job_of(folder)[0] == key, "nor is a comment"
    path.write_text(path.read_text().replace("Press gently", "Press firmly"))
    changed = job_of(folder)[1]
    assert {name for name in inputs if changed[name] != inputs[name]} == {"script"}
    with monkeypatch.context() as patch:
        patch.setattr(identity, "program", lambda: "9 another")
        assert job_of(folder)[1]["program"] != changed["program"]
    other = 'routines = ["desk.md"]\nvoices = "tone"\nlengths = "1m"'
    again = job_of(folder, other)[1]
    assert {name for name in inputs if changed[name] != again[name]} == {"settings"}
    again = job_of(folder, 'routines = ["desk.md"]\nvoices = "tone-en"')[1]
    assert {name for name in inputs if changed[name] != again[name]} == {"voice"}


def test_included_scripts_and_sounds_count_and_travel(folder: Path) -> None:
    parts = folder / "parts"
    parts.mkdir()
    (parts / "arm.md").write_text("Stroke the arm.", encoding="utf-8")
    script(folder, "desk", end='\n::: include parts/arm.md\n:::\n\n!["mine.mp3"]\n')
    sounds = Path(__file__).parents[1] / "sounds"
    (folder / "mine.mp3").write_bytes((sounds / "bell.mp3").read_bytes())
    before = job_of(folder)[1]
    (parts / "arm.md").write_text("Stroke the other arm.", encoding="utf-8")
    script_changed = job_of(folder)[1]
    (folder / "mine.mp3").write_bytes((sounds / "bowl.mp3").read_bytes())
    sound_changed = job_of(folder)[1]
    assert {name for name in before if before[name] != script_changed[name]} == {"script"}
    assert {name for name in before if script_changed[name] != sound_changed[name]} == {"sounds"}
    ready = prepared(plan_at(folder, 'routines = ["desk.md"]\nvoices = "tone"'))
    (job,) = ready.jobs
    assert [name for name, _ in job.sounds] == ["mine.mp3"]
    assert list(ready.sounds.values()) == [folder / "mine.mp3"]
    for path in (folder / "desk.md", parts / "arm.md"):
        path.unlink()
    assert [cue.text for cue in job.routine(folder).cues()][-1] == "Stroke the other arm."


def test_voices_that_words_ask_for_count_too(folder: Path) -> None:
    script(folder, "desk", words='(Guten Tag.)[lang:"de"]')
    asked: list[Wanted] = []

    def find(wanted: Collection[Wanted]) -> dict[Wanted, Found]:
        asked.extend(wanted)
        return {each: Found(f"key {each}", each.voice, "en") for each in wanted}

    prepare.prepare(plan.read(plan_at(folder, 'routines = ["desk.md"]\nvoices = "tone"')), find)
    assert [(each.voice, each.language) for each in asked] == [("tone", "en"), ("auto", "de")]


def test_a_plan_of_many_files_is_cheap(folder: Path) -> None:
    """Ten thousand combinations share the scripts that they stand on."""
    lengths = ", ".join(f'"{number}s"' for number in range(50, 1_050))
    voices = ", ".join(f'"tone-en-{number}"' for number in range(10))
    text = f'routines = ["desk.md"]\nlengths = [{lengths}]\nvoices = [{voices}]'
    jobs = prepared(plan_at(folder, text)).jobs
    assert len(jobs) == 10_000
    assert len({id(job.source) for job in jobs}) == 1
    assert len({job.key for job in jobs}) == 10_000


def test_the_product_alone_needs_no_voice(folder: Path) -> None:
    product = Product(plan.read(plan_at(folder, 'routines = ["desk.md"]\nvoices = "nobody"')))
    assert [each.voice for each in product.combinations()] == ["nobody"]
    assert not product.problems


def test_a_source_is_read_as_the_file_is(folder: Path) -> None:
    (job,) = prepared(plan_at(folder, 'routines = ["desk.md"]\nvoices = "tone"')).jobs
    with pytest.raises(AudiocoachError, match='"side" cannot be "up"'):
        job.source.load({"side": "up"})
