"""Make everything exist that plain `dbt build` and `dlt pipeline` expect."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from isobar.runs import logs
from isobar.runs.lock import writing
from isobar.settings import Settings
from isobar.warehouse import bookkeeping, dbt
from isobar.warehouse.project import PROJECT_DIR


@dataclass(frozen=True)
class SetUp:
    """What was there or was made. `packages`: one line about dbt's."""

    packages: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def setup(settings: Settings) -> SetUp:
    """Packages of dbt, empty raw tables of every source, Isobar's own state.

    Raises:
        LockedError: another command writes into the data folder.
    """
    packages = setup_packages(settings)
    dbt.forget_parse(PROJECT_DIR / "target")  # plain dbt's: of a checkout that was moved, it names the folder before
    with writing(settings):
        bookkeeping.prepare(settings)
    logs.event("set_up", packages=packages)
    return SetUp(packages)


def setup_packages(settings: Settings) -> str:
    """dbt's packages, or their stubs where the hub cannot be reached. Returns one line about them."""
    with writing(settings):
        return dbt.ensure_packages(settings)
