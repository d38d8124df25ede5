"""Where the files of a batch go, and what is known there of each: a folder, or a URL of fsspec.

Beside the files lies a folder ``.audiocoach`` with an entry for each file: what it was made
from, and its size and checksum. An entry is written before its file takes its name, marked as
pending, and once more after that; so whenever a run is killed, the next one knows what is
whole and what is not, and nothing is made twice.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from audiocoach import __version__, identity
from audiocoach.batch.jobs import File, Job, Made
from audiocoach.errors import OutputError

FOLDER = ".audiocoach"
_PARTS = f"{FOLDER}/parts"
_FORMAT = 1
_LITTER_S = 24 * 3600
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(:|//)")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a file that was made."""

    inputs: Mapping[str, str]
    """Digests of what it was made from, as ``Job.inputs``."""
    made: Made
    pending: bool = False
    """Whether it may not have taken its name."""

    def to_json(self) -> bytes:
        """As it lies in the store."""
        told = {
            "audiocoach batch": _FORMAT,
            "program": __version__,
            "pending": self.pending,
            "inputs": dict(self.inputs),
            "made": asdict(self.made),
        }
        return json.dumps(told, indent=1).encode()


def entry_of(job: Job, made: Made, *, pending: bool = False) -> Entry:
    """The entry of a job that was done."""
    return Entry(dict(job.inputs), made, pending)


class Store(Protocol):
    """Where files go. It can be pickled, and used from any process that reaches it.

    Everything raises ``OutputError`` where it cannot be read or written.
    """

    @property
    def address(self) -> str:
        """As the user knows it."""

    @property
    def shared(self) -> bool:
        """Whether other machines reach it under the same address."""

    def open(self) -> contextlib.AbstractContextManager[None]:
        """For as long as a batch writes to it: no other one does, where that can be had."""

    def entries(self, names: Iterable[str]) -> dict[str, Entry]:
        """What is known of these files; of a file that nothing is known of, nothing."""

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """How many bytes these files have; those that are not there are left out."""

    def sha256(self, name: str) -> str:
        """Of the bytes of a file."""

    def work_folder(self) -> contextlib.AbstractContextManager[Path]:
        """An empty folder of this machine; what is in it when the block ends is removed."""

    def put(self, job: Job, made: Made, files: Mapping[str, Path]) -> None:
        """Take the files of a job, in a ``work_folder``: all of them or none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file that is no job's, whole or not at all."""


def open_store(to: str, folder: Path) -> Store:
    """The store at ``to``: a path, relative to ``folder``, or a URL. Raises ``OutputError``."""
    if not _URL.match(to):
        return LocalStore(folder / Path(to).expanduser())
    parts = urllib.parse.urlsplit(to)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return LocalStore(Path(urllib.request.url2pathname(parts.path)), shared=True)
    return UrlStore(to)


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A folder of this machine, or one that every machine has at that path."""

    folder: Path
    shared: bool = False

    @property
    def address(self) -> str:
        """See ``Store``."""
        return str(self.folder)

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """One batch at a time; what is left half-made, by this or a killed one, is removed."""
        with _output(self.address):
            (self.folder / FOLDER).mkdir(parents=True, exist_ok=True)
            lock = (self.folder / FOLDER / "lock").open("a")
        with lock:
            if not _locked(lock):
                raise OutputError(
                    f"another batch is writing to {self.folder}; wait for it, or choose "
                    "another folder with --to"
                )
            self._tidy()
            try:
                yield
            finally:
                self._tidy()

    def _tidy(self) -> None:
        """Workers of a cluster may still be at what they began for a batch that is gone."""
        oldest = time.time() - _LITTER_S if self.shared else float("inf")
        with contextlib.suppress(OSError):
            for part in (self.folder / _PARTS).iterdir():
                if part.stat().st_mtime < oldest:
                    shutil.rmtree(part, ignore_errors=True)

    def entries(self, names: Iterable[str]) -> dict[str, Entry]:
        """See ``Store``."""
        found = {}
        for name in names:
            with contextlib.suppress(OSError, ValueError):
                found[name] = _read_entry((self.folder / _entry_name(name)).read_bytes())
        return found

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """See ``Store``."""
        found = {}
        for name in names:
            path = self.folder / name
            with contextlib.suppress(OSError):
                if path.is_file():
                    found[name] = path.stat().st_size
        return found

    def sha256(self, name: str) -> str:
        """See ``Store``."""
        with _output(f"{self.address}/{name}"):
            return identity.file_digest(self.folder / name)

    @contextlib.contextmanager
    def work_folder(self) -> Iterator[Path]:
        """Within the store, so that files need only take their names."""
        with _output(self.address):
            parts = self.folder / _PARTS
            parts.mkdir(parents=True, exist_ok=True)
            folder = tempfile.TemporaryDirectory(dir=parts, ignore_cleanup_errors=True)
        with folder as name:
            yield Path(name)

    def put(self, job: Job, made: Made, files: Mapping[str, Path]) -> None:
        """See ``Store``."""
        with _output(f"{self.address}/{job.name}"):
            self.write(_entry_name(job.name), entry_of(job, made, pending=True).to_json())
            for name, path in files.items():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                path.replace(self.folder / name)
            self.write(_entry_name(job.name), entry_of(job, made).to_json())

    def write(self, name: str, data: bytes) -> None:
        """See ``Store``."""
        path = self.folder / name
        with _output(str(path)), self.work_folder() as folder:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = folder / "part"
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)


@dataclass(frozen=True, slots=True)
class UrlStore:
    """Whatever fsspec reaches: ``s3://bucket/folder``, ``sftp://``, ``memory://`` ..."""

    address: str
    shared: bool = True

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Two batches at once may make a file twice, but never a half one."""
        self._file_system()
        yield

    def entries(self, names: Iterable[str]) -> dict[str, Entry]:
        """See ``Store``."""
        fs, root = self._file_system()
        paths = {f"{root}/{_entry_name(name)}": name for name in names}
        found: dict[str, Entry] = {}
        if not paths:
            return found
        with _output(self.address):
            fs.invalidate_cache()
            for path, data in fs.cat(list(paths), on_error="omit").items():
                with contextlib.suppress(ValueError, KeyError):
                    found[paths[path]] = _read_entry(data)
        return found

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """See ``Store``."""
        fs, root = self._file_system()
        with _output(self.address):
            folders = {f"{root}/{name}".rpartition("/")[0] for name in names}
            known: dict[str, int] = {}
            for folder in folders:
                with contextlib.suppress(FileNotFoundError):
                    listed = fs.ls(folder, detail=True)
                    known |= {each["name"]: int(each["size"] or 0) for each in listed}
        return {name: known[f"{root}/{name}"] for name in names if f"{root}/{name}" in known}

    def sha256(self, name: str) -> str:
        """See ``Store``."""
        import hashlib

        fs, root = self._file_system()
        with _output(f"{self.address}/{name}"), fs.open(f"{root}/{name}", "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @contextlib.contextmanager
    def work_folder(self) -> Iterator[Path]:
        """In the system's folder for temporary files."""
        with tempfile.TemporaryDirectory(prefix="audiocoach-", ignore_cleanup_errors=True) as name:
            yield Path(name)

    def put(self, job: Job, made: Made, files: Mapping[str, Path]) -> None:
        """See ``Store``: under another name first, as not every file system writes all or none."""
        fs, root = self._file_system()
        with _output(f"{self.address}/{job.name}"):
            parts = {name: f"{root}/{_PARTS}/{uuid.uuid4().hex}" for name in files}
            try:
                fs.makedirs(f"{root}/{_PARTS}", exist_ok=True)
                for name, path in files.items():
                    fs.put_file(str(path), parts[name])
                self.write(_entry_name(job.name), entry_of(job, made, pending=True).to_json())
                for name, part in parts.items():
                    fs.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
                    fs.mv(part, f"{root}/{name}")
            finally:
                for part in parts.values():
                    with contextlib.suppress(FileNotFoundError):
                        fs.rm_file(part)
            self.write(_entry_name(job.name), entry_of(job, made).to_json())

    def write(self, name: str, data: bytes) -> None:
        """See ``Store``."""
        fs, root = self._file_system()
        with _output(f"{self.address}/{name}"):
            path = f"{root}/{name}"
            fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            fs.pipe_file(path, data)

    def _file_system(self) -> tuple[Any, str]:
        """The file system, and the path in it."""
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise OutputError(
                f"{self.address} needs the extra: pip install 'audiocoach[cluster]'"
            ) from None
        with _output(self.address):
            fs, root = url_to_fs(self.address)
            return fs, str(root).rstrip("/")


def _entry_name(name: str) -> str:
    return f"{FOLDER}/{name}.json"


def _read_entry(data: bytes) -> Entry:
    """Raises ``ValueError`` for what is no entry of this format."""
    told = json.loads(data)
    try:
        if told["audiocoach batch"] != _FORMAT:
            raise ValueError("another format")
        made = told["made"]
        files = tuple(File(**file) for file in made["files"])
        inputs = {str(name): str(value) for name, value in told["inputs"].items()}
        return Entry(inputs, Made(**{**made, "files": files}), told["pending"] is True)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no entry") from error


@contextlib.contextmanager
def _output(where: str) -> Iterator[None]:
    """Whatever a file system raises, as ``OutputError``; plugins raise what they like."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot use {where}: {error.strerror or error}") from error
    except ImportError as error:
        raise OutputError(f"cannot use {where}: {error}") from error
    except ValueError as error:
        raise OutputError(f"cannot use {where}: {error}") from error


def _locked(file: IO[str]) -> bool:
    """Lock a file until it is closed, or the process ends in whatever way."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # a file system without locks takes every batch
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True
