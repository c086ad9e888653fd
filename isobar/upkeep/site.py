"""One folder for a web server: the public warehouse, the newest reports, the models' documentation, the accuracy report.

<folder>/index.html       what is there and how old it is, in English and French
<folder>/state.json       the seal of the data folder: the witness of `isobar state check`
<folder>/marts/           the export (isobar/publish/export.py)
<folder>/reports/ docs/ accuracy.html    as far as they have been made; parts that are already there stay
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from ingestion.registry import SOURCES
from ingestion.source import Licence
from isobar.files import write_whole
from isobar.publish.export import Exported, export
from isobar.settings import PROJECT_ROOT, Settings
from isobar.upkeep.state import SEAL

MODELS_SITE = PROJECT_ROOT / "dbt_project" / "target" / "static_index.html"
"""What `make docs` writes."""

ACCURACY = PROJECT_ROOT / "docs" / "accuracy.md"

PARTS = (
    ("marts/catalogue.json", "The public warehouse", "L'entrepôt public"),
    ("reports/index.html", "Reports of the monitors", "Rapports des moniteurs"),
    ("docs/index.html", "Models, columns and lineage", "Modèles, colonnes et dépendances"),
    ("accuracy.html", "Accuracy against published figures", "Exactitude face aux chiffres publiés"),
)

PAGE = """\
<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; line-height: 1.6; color: #1b2733 }}
a {{ color: #1f6f8b }} pre {{ background: #f2f5f7; padding: 1em; overflow-x: auto }}
table {{ border-collapse: collapse; display: block; overflow-x: auto }} td, th {{ border: 1px solid #ccc; padding: .2em .6em }}
</style>
{body}
</html>
"""

INDEX = """\
<h1>Isobar</h1>
<p>{kind} Published {published} UTC. <span lang="fr">{kind_fr} Publié le {published} UTC.</span></p>
<ul>
{parts}
</ul>
<p>In DuckDB / <span lang="fr">dans DuckDB</span>:</p>
<pre>attach '{url}/marts/isobar.duckdb' as isobar (read_only);
select * from isobar.agg_latest_conditions;</pre>
<p>{licences}.</p>
"""

KINDS = {
    "real": ("Real weather.", "Temps réel."),
    "simulated": ("Simulated weather: nobody measured it.", "Temps simulé : personne ne l'a mesuré."),
    "empty": ("No weather yet.", "Pas encore de temps."),
}


@dataclass(frozen=True)
class Site:
    """What the folder holds."""

    folder: Path
    parts: list[str]
    export: Exported

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def write_site(settings: Settings, folder: Path, url: str) -> Site:
    """Put the site together in `folder`, to be served at `url`.

    Raises:
        ExportError: nothing is published.
    """
    url = url.rstrip("/")
    folder.mkdir(parents=True, exist_ok=True)
    exported = export(settings, folder / "marts", f"{url}/marts")
    if (seal := settings.data_dir / SEAL).exists():
        shutil.copyfile(seal, folder / SEAL)
    if (reports := settings.data_dir / "reports").is_dir():
        shutil.copytree(reports, folder / "reports", dirs_exist_ok=True)
    if MODELS_SITE.exists():
        (folder / "docs").mkdir(exist_ok=True)
        shutil.copyfile(MODELS_SITE, folder / "docs" / "index.html")
    accuracy = MarkdownIt("commonmark").enable("table").render(ACCURACY.read_text(encoding="utf-8"))
    write_whole(folder / "accuracy.html", PAGE.format(language="en", title="Isobar: accuracy", body=accuracy))
    there = [part for part in PARTS if (folder / part[0]).exists()]
    kind, kind_fr = KINDS[exported.warehouse_kind]
    body = INDEX.format(
        kind=kind,
        kind_fr=kind_fr,
        published=exported.published_at[:16].replace("T", " "),
        url=escape(url),
        licences="; ".join(escape(f"{each.attribution}, {each.name}") for each in _open_licences()),
        parts="\n".join(
            f'<li><a href="{path}">{escape(english)}</a> / <span lang="fr">{escape(french)}</span></li>'
            for path, english, french in there
        ),
    )
    write_whole(folder / "index.html", PAGE.format(language="en", title="Isobar", body=body))
    return Site(folder, [path for path, _, _ in there], exported)


def _open_licences() -> list[Licence]:
    """Those under which the exported rows are, each once."""
    return list(dict.fromkeys(source.licence for source in SOURCES.values() if source.licence.is_open))
