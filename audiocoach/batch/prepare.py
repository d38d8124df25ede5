"""From a plan to its jobs: everything is looked up, and every problem is found, at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from audiocoach import identity, render
from audiocoach.batch.jobs import Found, Job, Settings, Wanted, with_ambience
from audiocoach.batch.naming import check_pattern, name_all
from audiocoach.batch.plan import LISTS, OWN, Plan, parse_length
from audiocoach.batch.product import Combination, Product
from audiocoach.errors import (
    AudiocoachError,
    NotFoundError,
    OutputError,
    Problem,
    ScriptError,
)
from audiocoach.layers import NONE, Layer, layers_text, parse_layers
from audiocoach.routine import Cue, Pace, Routine
from audiocoach.sinks.formats import FORMATS
from audiocoach.soundbank import SoundInfo, find_bed
from audiocoach.voices.cast import AUTO
from audiocoach.voices.language import agreement

FindVoices = Callable[[Collection[Wanted]], Mapping[Wanted, Found]]
"""Asks for voices where the jobs will be done."""
MAX_SOUND = 1 << 30
"""Bytes of one user's sound: it travels whole."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that can be done."""

    jobs: tuple[Job, ...]
    sounds: Mapping[str, Path]
    """Users' sounds, by digest."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A routine with its choices made: what it needs, not all that it says."""

    language: str
    pace: Pace
    digest: str
    sounds: tuple[tuple[str, str], ...]
    """Name and digest of each sound, the bank's included."""
    carried: tuple[tuple[str, str], ...]
    """Of the user's own."""
    others: tuple[tuple[str, str], ...]
    """Further voices that some words ask for: name and language."""


@dataclass(frozen=True, slots=True)
class _Ambience:
    """What a plan itself asks to lie under the words."""

    text: str
    """As a job calls it."""
    sounds: tuple[tuple[str, str], ...]
    carried: tuple[tuple[str, str], ...]
    """Both as of ``_Spoken``."""


@dataclass(slots=True)
class _Known:
    """What was looked up, so that it is looked up once."""

    digests: dict[Path, str] = field(default_factory=dict)
    spoken: dict[object, _Spoken | None] = field(default_factory=dict)
    ambience: dict[str, _Ambience] = field(default_factory=dict)


def prepare(plan: Plan, find_voices: FindVoices) -> Prepared:
    """The jobs of a plan.

    Raises ``ScriptError`` with every problem of the plan and of its scripts, and whatever
    ``find_voices`` raises.
    """
    return _Preparing(plan).prepared(find_voices)


class _Preparing:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known = _Known()
        self._problems: dict[Problem, None] = {}
        self._sounds: dict[str, Path] = {}
        """Users' sounds, by digest."""

    def prepared(self, find_voices: FindVoices) -> Prepared:
        plan = self._plan
        product = Product(plan)
        self._problems |= dict.fromkeys(check_pattern(plan))
        self._check_bitrate()
        combinations = product.combinations()
        self._problems |= product.problems
        if not self._problems:
            named, problems = name_all(plan, combinations)
            self._problems |= dict.fromkeys(problems)
        wanted: dict[Wanted, None] = {}
        for each in combinations:
            self._ambience(each)
            if spoken := self._spoken(each):
                wanted |= dict.fromkeys(self._wanted(each, spoken))
        voices = find_voices(wanted) if wanted else {}
        for each in combinations:
            self._check_voice(each, voices)
        if self._problems:
            raise ScriptError(list(self._problems))
        jobs = [self._job(name, each, voices) for name, each in named.items()]
        return Prepared(tuple(jobs), self._sounds)

    def _add(self, combination: Combination, name: str, message: str, value: str | None) -> None:
        key = (*combination.key, name) if combination.key else (LISTS[name],)
        self._problems[self._plan.places.problem(key, message, value)] = None

    def _check_bitrate(self) -> None:
        for name in self._plan.lists["format"]:
            try:
                FORMATS[name].checked(self._plan.bitrate)
            except OutputError as error:
                problem = self._plan.places.problem(("bitrate",), str(error))
                self._problems[problem] = None

    def _spoken(self, combination: Combination) -> _Spoken | None:
        source = combination.script.source
        key = source.path, combination.choices, combination.ambience == OWN
        if key not in self._known.spoken:
            self._known.spoken[key] = None
            try:
                routine = source.load(dict(combination.choices))
                if combination.ambience != OWN:
                    routine = with_ambience(routine, NONE)
                self._known.spoken[key] = self._looked_up(routine)
            except ScriptError as error:
                self._problems |= dict.fromkeys(error.problems)
            except AudiocoachError as error:
                self._problems[Problem(source.path, 1, 1, str(error))] = None
        return self._known.spoken[key]

    def _looked_up(self, routine: Routine) -> _Spoken:
        beds = [
            render.problem_at(place, message) if place else Problem(routine.path, 1, 1, message)
            for place, message in render.missing_beds(routine)
        ]
        if beds:
            raise ScriptError(beds)
        infos = {info.name: info for info in identity.sounds_of(routine)}
        sounds = tuple((name, self._digest(info)) for name, info in infos.items())
        carried = tuple(each for each in sounds if infos[each[0]].kind == "file")
        others = dict.fromkeys(other for cue in routine.cues() for other in _others(cue))
        return _Spoken(
            language=routine.language,
            pace=routine.pace,
            digest=identity.routine_digest(routine),
            sounds=sounds,
            carried=carried,
            others=tuple(others),
        )

    def _digest(self, info: SoundInfo) -> str:
        """Of a sound's bytes; a user's is noted, to be carried along."""
        path = info.path.resolve()
        try:
            if info.kind == "file" and path.stat().st_size > MAX_SOUND:
                told = f"the sound {info.path} is too large to travel; the most is 1 GiB"
                raise NotFoundError(told)
            if path not in self._known.digests:
                self._known.digests[path] = identity.file_digest(path)
        except OSError as error:
            raise NotFoundError(f"cannot read {info.path}: {error.strerror}") from error
        if info.kind == "file":
            self._sounds.setdefault(self._known.digests[path], path)
        return self._known.digests[path]

    def _ambience(self, combination: Combination) -> _Ambience | None:
        text = combination.ambience
        if text == OWN:
            return None
        if text not in self._known.ambience:
            layers: list[Layer] = []
            sounds: list[tuple[str, str]] = []
            carried: list[tuple[str, str]] = []
            for number, layer in enumerate(parse_layers(text), 1):
                name = layer.name
                try:
                    info = _find_bed(name, self._plan.folder) if name != NONE else None
                    if info and info.kind == "file":
                        name = f"plan/{number}/{info.path.name}"
                        carried.append((name, self._digest(info)))
                    if info:
                        sounds.append((name, self._digest(info)))
                except AudiocoachError as error:
                    self._add(combination, "ambience", str(error), text)
                layers.append(Layer(name, layer.gain))
            found = _Ambience(layers_text(layers), tuple(sounds), tuple(carried))
            self._known.ambience[text] = found
        return self._known.ambience[text]

    def _voice(self, combination: Combination) -> str:
        """A voice that is a file lies where the plan says."""
        voice = combination.voice
        return str(self._plan.folder / voice) if voice.endswith(".onnx") else voice

    def _wanted(self, combination: Combination, spoken: _Spoken) -> list[Wanted]:
        """The voice that speaks, then those that some words ask for."""
        own = Wanted(self._voice(combination), spoken.language, spoken.pace)
        others = (
            Wanted(name or AUTO, language or spoken.language, spoken.pace)
            for name, language in spoken.others
        )
        return [own, *others]

    def _check_voice(self, combination: Combination, voices: Mapping[Wanted, Found]) -> None:
        spoken = self._spoken(combination)
        if spoken is None:
            return
        own = self._wanted(combination, spoken)[0]
        found = voices[own]
        name, language = combination.voice, spoken.language
        if found.problem:
            self._add(combination, "voice", found.problem, name)
        elif not agreement(language, found.language):
            where = combination.script.source.path
            told = f'"{name}" speaks {found.language}, but {where} is in {language}'
            self._add(combination, "voice", f"{told}; name voices by language: [voices]", name)

    def _job(self, name: str, each: Combination, voices: Mapping[Wanted, Found]) -> Job:
        plan, spoken = self._plan, self._spoken(each)
        if spoken is None:
            raise AssertionError(name)  # a problem that was raised
        ambience = self._ambience(each)
        settings = Settings(
            voice=self._voice(each),
            length=parse_length(each.length),
            preset=each.preset,
            accessible=plan.accessible,
            ambience=ambience.text if ambience else None,
            format=each.format,
            bitrate=plan.bitrate,
            beside=plan.beside,
        )
        heard = spoken.sounds + (ambience.sounds if ambience else ())
        keys = [voices[wanted].key for wanted in self._wanted(each, spoken)]
        values = [getattr(settings, key) for key in Settings.__slots__ if key != "voice"]
        inputs = (
            ("script", spoken.digest),
            ("voice", identity.value_digest(keys)),
            ("sounds", identity.value_digest(heard)),
            ("settings", identity.value_digest(values)),
            ("program", identity.program()),
        )
        return Job(
            name=name,
            source=each.script.source,
            choices=each.choices,
            settings=settings,
            sounds=spoken.carried + (ambience.carried if ambience else ()),
            voice_key=keys[0],
            inputs=inputs,
            told=tuple(each.told().items()),
        )


def _others(cue: Cue) -> list[tuple[str, str]]:
    """The voice and the language that words of a cue ask for."""
    asked = ((span.get("voice") or "", span.get("lang") or "") for span in cue.spans)
    return [each for each in asked if any(each)]


def _find_bed(name: str, folder: Path) -> SoundInfo:
    """Of the bank, or a file beside the plan."""
    if Path(name).suffix or len(Path(name).parts) > 1:
        return find_bed(str(folder / name), None)
    return find_bed(name, None)
