"""CLIMAT's raw columns, under the names of the provider.

Values stay the provider's: degrees C, hPa, mm, hours of sunshine, m/s, counts of days. Conversions are dbt staging's work.
"""

from ingestion.archive import Layout
from ingestion.reading import AT_LEAST_0, DOUBLE, TEXT, TIME, WMO_DIGITS, since

_MEANS = "pstatm pmerm tmmoy tmsigma txmoy tnmoy tsvmoy rr nbjrr1 inst".split()
_DAYS_WITH_DATA = "nbpmer nbtm nbtx nbtsv nbrr nbins".split()
_DAYS_ABOVE_OR_BELOW = (
    "nbjtx25 nbjtx30 nbjtx35 nbjtx40 nbjtx0 nbjtn0 nbjrr5 nbjrr10 nbjrr50 nbjrr100 nbjneig0 nbjneig1 nbjneig10 nbjneig50 "
    "nbjff10 nbjff20 nbjff30 nbjvisi50 nbjvisi100 nbjvisi1000"
).split()
_EXTREMES = "tmx tmn tx tn rr fx".split()  # each a value and the day it was reached

_DAYS_OF_A_MONTH = (-1.0, 31.0)  # -1: not measured there

MONTHS = Layout(
    columns={
        "num_poste": TEXT,  # '07005' keeps its zero
        "dat": TIME,
        **dict.fromkeys([*_MEANS, *_DAYS_WITH_DATA, *_DAYS_ABOVE_OR_BELOW], DOUBLE),
        **{f"{name}{part}": kind for name in _EXTREMES for part, kind in (("ab", DOUBLE), ("dat", TIME))},
        **dict.fromkeys("nborage nbgrele htx htn".split(), DOUBLE),
    },
    keys=("num_poste", "dat"),
    time_formats=("%Y-%m-%d %H:%M:%S",),
    past=("dat",),
    digits={"num_poste": WMO_DIGITS},
    bounds={
        **dict.fromkeys([*_DAYS_WITH_DATA, *_DAYS_ABOVE_OR_BELOW, "nbjrr1", "nborage", "nbgrele"], _DAYS_OF_A_MONTH),
        **dict.fromkeys(["rr", "rrab", "inst"], AT_LEAST_0),
        "dat": since(1850),  # as dim_dates; no station of France has months before
    },
)
