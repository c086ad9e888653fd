"""Every source that can be loaded. A new one is a folder under `sources/` and a line here."""

from ingestion.source import Source
from ingestion.sources.climat import CLIMAT
from ingestion.sources.climatology import CLIMATOLOGY
from ingestion.sources.meteofrance_vigilance import METEOFRANCE_VIGILANCE
from ingestion.sources.openweather import OPENWEATHER
from ingestion.sources.synop import SYNOP

SOURCES: dict[str, Source] = {
    source.name: source for source in (SYNOP, CLIMAT, CLIMATOLOGY, METEOFRANCE_VIGILANCE, OPENWEATHER)
}
