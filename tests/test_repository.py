"""What is committed, and whether its pieces agree: files, locks, Makefile, workflows, documents."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from isobar.settings import PROJECT_ROOT

LARGEST_FILE_BYTES = 500_000
"""The locks with their hashes are the largest text there is a reason for."""

PICTURES = {".png", ".svg"}
GENERATED = re.compile(
    r"\.(duckdb|db|wal|parquet|gz|zip|whl|pyc|egg-info|log)$"
    r"|(^|/)(target|logs|dbt_packages|node_modules|\.venv|__pycache__|\.mypy_cache|\.ruff_cache|\.pytest_cache)/"
)
MACHINE_PATH = re.compile(r"(?<![\w.:/~$*}])/(?:home|root|work|tmp|Users)/[\w.-]+")
INDEX_ADDRESS = re.compile(r"--(?:extra-)?index-url|--find-links|https?://[^\s\"']*/simple\b")

DOCUMENTS = ("README.md", "CONTRIBUTING.md")
SHELL_FENCE = re.compile(r"```(?:bash|sh|console)\n(.*?)```", re.DOTALL)
CODE_SPAN = re.compile(r"`([^`\n]+)`")


@cache
def committed() -> tuple[str, ...]:
    """What is tracked, and what would be: new files that no ignore rule names."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=PROJECT_ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: what is committed cannot be told")
    return tuple(name for name in listed.split("\0") if name and (PROJECT_ROOT / name).is_file())


def read(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def loaded_yaml(name: str) -> Any:
    return yaml.safe_load(read(name))


def texts() -> dict[str, str]:
    return {name: read(name) for name in committed() if Path(name).suffix not in PICTURES}


# --- files -----------------------------------------------------------------------------------------------------------


def test_nothing_generated_is_committed() -> None:
    assert [name for name in committed() if GENERATED.search(name)] == []


def test_no_file_is_large_or_binary() -> None:
    wrong = []
    for name in committed():
        content = (PROJECT_ROOT / name).read_bytes()
        if len(content) > LARGEST_FILE_BYTES:
            wrong.append(f"{name}: {len(content):,} bytes")
        if b"\0" in content and Path(name).suffix not in PICTURES:
            wrong.append(f"{name}: binary")
    assert not wrong


def test_no_text_names_a_path_of_one_machine_or_a_package_index() -> None:
    wrong = [
        f"{name}: {found[0]}"
        for name, text in texts().items()
        for rule in (MACHINE_PATH, INDEX_ADDRESS)
        if name != "tests/test_repository.py" and (found := rule.search(text))
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("path = '/home/someone/data'", True),
        ("cd " + "/".join(("", "root", "project")), True),
        ("see ~/archives and /usr/bin/chromium", False),
        ("https://example.org/home/page", False),
    ],
)
def test_the_path_check_knows_a_machine_path(text: str, is_found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is is_found


def test_no_secret_has_a_committed_file() -> None:
    assert {"secrets.toml", ".env"} & {Path(name).name for name in committed()} == set()


# --- locks -----------------------------------------------------------------------------------------------------------


def pins(lock: str) -> dict[tuple[str, str], str]:
    """(package, marker) -> version; a universal lock may hold a package once per platform or Python."""
    found = {}
    for line in read(lock).splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\").strip())
            (specifier,) = requirement.specifier
            found[canonicalize_name(requirement.name), str(requirement.marker or "")] = specifier.version
    return found


def lock_faults(lock: str) -> list[str]:
    blocks = re.split(r"\n(?=\S)", read(lock).strip())
    return [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]


@pytest.mark.parametrize(
    ("lock", "least"), [("requirements.lock", 50), ("requirements-dev.lock", 50), ("requirements-s3.lock", 1)]
)
def test_every_pin_of_a_lock_has_a_hash(lock: str, least: int) -> None:
    assert len(pins(lock)) >= least
    assert lock_faults(lock) == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-s3.lock"])
def test_the_locks_agree(lock: str) -> None:
    run = {(package, version) for (package, _), version in pins(lock).items()}
    dev = {(package, version) for (package, _), version in pins("requirements-dev.lock").items()}
    assert sorted(run - dev) == []


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", []), ("requirements-dev.lock", ["dev", "s3", "aws"])]
)
def test_a_lock_answers_what_pyproject_asks(lock: str, extras: list[str]) -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    asked = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    versions: dict[str, set[str]] = {}
    for (package, _), version in pins(lock).items():
        versions.setdefault(package, set()).add(version)
    unanswered = [
        line
        for line in asked
        if not versions.get(name := canonicalize_name(Requirement(line).name))
        or not all(Requirement(line).specifier.contains(version, prereleases=True) for version in versions[name])
    ]
    assert unanswered == []


def test_test_tools_stay_out_of_the_lock_that_users_install() -> None:
    locked = {package for package, _ in pins("requirements.lock")}
    assert locked & {"obstore", "moto", "pytest", "ruff", "mypy", "sqlfluff", "detect-secrets", "pre-commit"} == set()


def test_locks_are_universal() -> None:
    markers = {marker for _, marker in pins("requirements-dev.lock") if marker}
    assert any(Marker(marker).evaluate({"sys_platform": "win32", "platform_system": "Windows"}) for marker in markers)


# --- Makefile --------------------------------------------------------------------------------------------------------


def targets() -> dict[str, str | None]:
    """Phony targets of the Makefile, with their help."""
    makefile = read("Makefile")
    found: dict[str, str | None] = {}
    for name in re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE):
        for target in name.split():
            rule = re.search(rf"^{target}:[^#\n]*(?:## (.+))?$", makefile, re.MULTILINE)
            assert rule, f"{target} is declared and has no rule"
            found[target] = rule[1]
    return found


INTERNAL = {"setup-dbt"}
"""Steps of other targets: nobody types them."""


def test_every_target_says_what_it_does() -> None:
    assert [name for name, text in targets().items() if not text and name not in INTERNAL] == []


def test_make_help_lists_every_target() -> None:
    listed = subprocess.run(["make"], cwd=PROJECT_ROOT, capture_output=True, check=True, text=True).stdout
    assert {name for name in targets() if f"make {name} " not in listed} == INTERNAL


# --- documents -------------------------------------------------------------------------------------------------------


def commands(text: str) -> list[str]:
    """Command lines that a document shows, in fences and in spans."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for fence in SHELL_FENCE.findall(text) for line in fence.splitlines()]
    return [line for line in [*lines, *CODE_SPAN.findall(prose)] if line]


def isobar_command() -> Any:
    from isobar.cli import app

    return typer.main.get_command(app)


def unknown_commands(text: str) -> list[str]:
    """`make` targets and `isobar` commands or options that a document names and that do not exist."""
    isobar = isobar_command()
    globals_ = {option: not parameter.is_flag for parameter in isobar.params for option in parameter.opts}
    wrong = []
    for line in commands(text):
        line = line.removeprefix(".venv/bin/")
        if made := re.match(r"make ([a-z-]+)", line):
            if made[1] not in targets():
                wrong.append(line)
        elif line.startswith("isobar "):
            words = line.split("#")[0].split()[1:]
            while words and words[0].startswith("--"):
                option = words.pop(0)
                if option not in globals_ and option != "--help":
                    wrong.append(line)
                if globals_.get(option) and words:
                    words.pop(0)
            if not words or not re.fullmatch(r"[a-z-]+", words[0]):
                continue
            if words[0] not in isobar.commands:
                wrong.append(line)
                continue
            command = isobar.commands[words.pop(0)]
            if hasattr(command, "commands") and words and not words[0].startswith("--"):
                if words[0] not in command.commands:
                    wrong.append(line)
                    continue
                command = command.commands[words.pop(0)]
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            wrong += [line for word in words if word.startswith("--") and word.split("=")[0] not in known]
    return wrong


@pytest.mark.parametrize("document", [*DOCUMENTS, "docs", "ingestion", "isobar", "tests"])
def test_documents_name_only_commands_that_exist(document: str) -> None:
    path = PROJECT_ROOT / document
    files = [path] if path.is_file() else sorted(path.rglob("*.md"))
    assert files
    assert {file.name: wrong for file in files if (wrong := unknown_commands(file.read_text(encoding="utf-8")))} == {}


def test_the_command_check_sees_what_is_not_there() -> None:
    text = (
        "`make tea`, `make test`\n```bash\nisobar --demo status\nisobar brew\nisobar load synop --sugar 2\n"
        "isobar lake verify\nisobar lake drain\nisobar state check --begin --milk\n```"
    )
    wrong = ["isobar brew", "isobar load synop --sugar 2", "isobar lake drain", "isobar state check --begin --milk"]
    assert unknown_commands(text) == [*wrong, "make tea"]


def test_links_of_documents_lead_to_files() -> None:
    broken = [
        f"{name}: {link}"
        for name, text in texts().items()
        if name.endswith(".md")
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
        if not (PROJECT_ROOT / name).parent.joinpath(link).exists()
    ]
    assert not broken


def test_the_index_of_the_documentation_links_every_page() -> None:
    linked = set(re.findall(r"\]\(([^)#]+)\)", read("docs/README.md")))
    pages = {path.name for path in (PROJECT_ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages - linked == set()


def test_the_readme_is_short_and_names_the_command_of_ci() -> None:
    readme = read("README.md")
    assert len(readme.splitlines()) <= 150
    assert read(".ci/run").splitlines()[-2] in commands(readme)


def test_the_page_of_commands_lists_every_exit_code() -> None:
    from isobar.cli import Exit

    table = set(re.findall(r"^\| (\d) \|", read("docs/commands.md"), re.MULTILINE))
    assert table == {str(code.value) for code in Exit}


def test_the_changelog_is_one_and_knows_this_version() -> None:
    changelog = read("CHANGELOG.md")
    sections = re.findall(r"^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$", changelog, re.MULTILINE)
    assert re.findall(r"^## .*$", changelog, re.MULTILINE) == [
        f"## [{name}]" + (f" - {day}" if day else "") for name, day in sections
    ]
    assert sections[0] == ("Unreleased", "")
    assert all(day for name, day in sections[1:])
    kinds = set(re.findall(r"^### (.+)$", changelog, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    released = [name for name, _ in sections[1:]]
    assert not released or version == released[0]


def test_decisions_are_numbered_and_complete() -> None:
    decisions = sorted((PROJECT_ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name


# --- continuous integration ------------------------------------------------------------------------------------------


def workflows() -> dict[str, Any]:
    return {name: loaded_yaml(name) for name in committed() if re.fullmatch(r"\.github/workflows/[\w-]+\.ya?ml", name)}


def steps(workflow: Any) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def test_workflows_run_only_make_targets() -> None:
    assert "test" in targets()
    assert workflows()
    for name, workflow in workflows().items():
        for step in steps(workflow):
            for line in step.get("run", "").splitlines():
                assert re.fullmatch(r"make ([a-z-]+)", line), f"{name}: {line}"
                assert line.split()[1] in targets(), f"{name}: {line}"


def test_actions_are_pinned_by_commit_with_their_version_beside_it() -> None:
    for name in workflows():
        uses = [line.strip() for line in read(name).splitlines() if "uses:" in line]
        assert uses
        for line in uses:
            assert re.fullmatch(r"(?:- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), f"{name}: {line}"


def test_workflows_have_few_rights_and_an_end() -> None:
    for name, workflow in workflows().items():
        assert workflow["permissions"] == {"contents": "read"}, name
        # only checks are broken off by newer ones; what writes state or releases runs to its end
        assert workflow["concurrency"]["cancel-in-progress"] is (name == ".github/workflows/ci.yml"), name
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"] <= 60, name
            checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
            assert all(step["with"]["persist-credentials"] is False for step in checkouts), name


def test_only_the_pipeline_has_secrets_and_pull_requests_none() -> None:
    for name, workflow in workflows().items():
        secrets = set(re.findall(r"secrets\.(\w+)", read(name)))
        expected = {
            ".github/workflows/pipeline.yml": {
                "ISOBAR_OPENWEATHER_KEY",
                "ISOBAR_METEOFRANCE_KEY",
                "ISOBAR_ALERT_WEBHOOK",
                "ISOBAR_SNOWFLAKE_PRIVATE_KEY",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
            },
            ".github/workflows/release.yml": {"GITHUB_TOKEN"},
        }  # fmt: skip
        assert secrets == expected.get(name, set()), name
        assert "pull_request_target" not in read(name), name
        # a secret reaches the one step that needs it
        assert "secrets." not in str(workflow.get("env", "")), name
        assert not any("secrets." in str(job.get("env", "")) for job in workflow["jobs"].values()), name


def test_runs_that_share_a_state_never_run_at_once() -> None:
    both = [workflows()[f".github/workflows/{name}.yml"] for name in ("pipeline", "report")]
    assert {workflow["concurrency"]["group"] for workflow in both} == {"state"}
    for workflow in both:
        (job,) = [
            job for job in workflow["jobs"].values() if any("cache/restore" in str(step) for step in job["steps"])
        ]
        made = [step.get("run", step.get("uses", "").partition("@")[0]) for step in job["steps"]]
        assert made.index("make state-check") > made.index("actions/cache/restore")
        if "make live" in made:
            order = [
                "make state-check",
                "make live",
                "make alerts",
                "make state-seal",
                "actions/cache/save",
                "make site",
            ]
            assert [made.index(step) for step in order] == sorted(made.index(step) for step in order)
            saving = [step for step in job["steps"] if "make state-seal" in str(step) or "cache/save" in str(step)]
            assert all(step["if"] == "always() && steps.state.outcome == 'success'" for step in saving)


def test_ci_runs_the_tests_and_nothing_else() -> None:
    lines = [line for line in read(".ci/run").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "set -euo pipefail"
    assert lines[-2:] == ["make test", "make test-services"]
    assert (PROJECT_ROOT / ".ci/run").stat().st_mode & 0o111, ".ci/run cannot be executed"


def test_commit_hooks_are_local_and_cover_the_linters() -> None:
    repositories = loaded_yaml(".pre-commit-config.yaml")["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    hooked = " ".join(hook["entry"] for hook in repositories[0]["hooks"])
    linters = re.findall(r"\b(lint-[a-z]+)\b", re.search(r"^lint: ([^#]+)", read("Makefile"), re.MULTILINE)[1])  # type: ignore[index]
    assert linters
    for linter in linters:
        recipe = re.search(rf"^{linter}:.*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE)
        assert recipe, linter
        tools = re.findall(r"\$\(BIN\)/([\w-]+)", recipe[1])
        assert f"make {linter}" in hooked or all(f".venv/bin/{tool}" in hooked for tool in tools), linter


# --- dbt packages ----------------------------------------------------------------------------------------------------


def test_every_elementary_test_in_use_has_a_stub() -> None:
    described = [read(name) for name in committed() if re.fullmatch(r"dbt_project/(?!dbt_stubs).*\.ya?ml", name)]
    used = {test for text in described for test in re.findall(r"- elementary\.(\w+)", text)}
    stubs = set(re.findall(r"{%-?\s*test (\w+)\(", read("dbt_project/dbt_stubs/elementary/macros/stubs.sql")))
    assert stubs
    assert used - stubs == set()


def test_elementarys_package_is_the_one_that_edr_asks_for() -> None:
    found = find_spec("elementary")
    assert found is not None
    assert found.origin is not None
    asked = yaml.safe_load((Path(found.origin).parent / "monitor/dbt_project/packages.yml").read_text(encoding="utf-8"))
    (version,) = [each["version"] for each in asked["packages"] if each["package"] == "elementary-data/elementary"]
    assert [each["version"] for each in loaded_yaml("dbt_project/packages.yml")["packages"]] == [version]


def test_every_monitor_only_warns_and_is_explained() -> None:
    """Weather and its supply page nobody and stop no publication; a name in a warning leads to its reason."""
    texts = [read(name) for name in committed() if re.fullmatch(r"dbt_project/models/.*\.ya?ml", name)]
    monitors = [
        monitor
        for text in texts
        for declared in data_tests_in(yaml.safe_load(text))
        for test, monitor in declared.items()
        if test.startswith("elementary.")
    ]
    assert len(monitors) > 20
    assert [each for each in monitors if each["config"] != {"severity": "warn", "tags": ["elementary"]}] == []
    explained = read("docs/observability.md")
    missing = [each["name"] for each in monitors if f"`{each['name'].rsplit('_', 1)[0]}" not in explained]
    assert missing == []


def test_every_planted_fault_is_one_that_a_test_plants() -> None:
    """The table says which monitor names it; the word for it is the test's."""
    named = re.findall(r"`(test_\w+)`", read("docs/observability.md") + read("docs/reliability.md"))
    tests = [read(name) for name in committed() if re.fullmatch(r"tests/.*/?test_\w+\.py", name)]
    assert len(named) >= 10
    assert [name for name in named if not any(f"def {name}(" in text for text in tests)] == []


def data_tests_in(described: Any) -> list[dict[str, Any]]:
    """Data tests with arguments, wherever in a YAML of models or sources they are."""
    if isinstance(described, list):
        return [test for each in described for test in data_tests_in(each)]
    if not isinstance(described, dict):
        return []
    own = [test for test in described.get("data_tests", []) if isinstance(test, dict)]
    return own + [test for key, each in described.items() if key != "data_tests" for test in data_tests_in(each)]


def test_stubs_stand_for_every_package() -> None:
    asked = {entry["package"].split("/")[1] for entry in loaded_yaml("dbt_project/packages.yml")["packages"]}
    stubs = {
        loaded_yaml(name)["name"] for name in committed() if name.endswith("dbt_project.yml") and "/dbt_stubs/" in name
    }
    assert asked == stubs
