"""Reads exports of a memory (TMX, CSV) with translate-toolkit. Prints JSON: {"tmx": [[source, target]...], "csv": …}."""
import json
import sys

from translate.storage import csvl10n, tmx

by_tmx, by_csv = sys.argv[1:3]
with open(by_tmx, "rb") as file:
    store = tmx.tmxfile(file, sourcelanguage="en", targetlanguage="fa")
with open(by_csv, "rb") as file:
    table = csvl10n.csvfile(file, fieldnames=["source", "target"])
json.dump(
    {
        "tmx": [[str(unit.source), str(unit.target)] for unit in store.units],
        "csv": [[str(unit.source), str(unit.target)] for unit in table.units],
    },
    sys.stdout,
    ensure_ascii=False,
)
