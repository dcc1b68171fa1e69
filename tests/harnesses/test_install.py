"""The environments of harnesses: made from nothing, once, and not by halves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from harnesses.install import ENVIRONMENTS, Environment, InstallError, Source, install, main


@pytest.fixture
def harness(tmp_path: Path) -> Source:
    """A repository with one module, which no registry has."""
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "tide_tables.py").write_text("import pytest\n")

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        done = subprocess.run(["git", *who, *arguments], cwd=repository, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "tides")
    return Source(str(repository), git("rev-parse", "HEAD"))


def test_a_harness_stands_beside_the_development_environment(harness: Source, tmp_path: Path) -> None:
    """It finds its own packages and those of the environment below; the same recipe is not made twice."""
    environment = Environment((), "tide_tables", harness)
    folder = tmp_path / "made"
    assert install(environment, folder)
    python = folder / "bin" / "python"
    done = subprocess.run([python, "-c", "import tide_tables, pytest"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not install(environment, folder)
    assert install(Environment((), "pytest", harness), folder)


BROKEN = [
    ("a package that is not there", Environment(("./no-such-wheel.whl",), "json"), "no-such-wheel"),
    ("a module that is not there", Environment((), "no_such_harness"), "No module named 'no_such_harness'"),
    ("a repository that is not there", Environment((), "json", Source("/no/such/repository", "0")), "/no/such"),
]


@pytest.mark.parametrize(("environment", "said"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_half_an_environment_is_removed(environment: Environment, said: str, tmp_path: Path) -> None:
    with pytest.raises(InstallError) as error:
        install(environment, tmp_path / "made")
    assert said in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "made").exists()


def test_a_name_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bigcodebenhc"]) == 2
    message = capsys.readouterr().err
    assert "'bigcodebenhc' is no environment" in message and "did you mean 'bigcodebench'?" in message
    assert all(name in message for name in ENVIRONMENTS)
