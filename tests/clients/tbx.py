"""Reads TBX files as other programs do: translate-toolkit reads the first (v2); both are validated against the
schemas in the third argument, where it is a folder. Prints JSON: {"units": [[source, target]...], "faults": [...]}."""
import json
import sys
from pathlib import Path

from lxml import etree
from translate.storage import tbx

v2, v3, schemas = sys.argv[1:4]
store = tbx.tbxfile.parsefile(v2)
units = [[str(unit.source), str(unit.target)] for unit in store.units]

faults = []
if Path(schemas).is_dir():
    dtd = etree.DTD(str(Path(schemas) / "TBXcoreStructV02.dtd"))
    if not dtd.validate(etree.parse(v2)):
        faults += [f"v2: {entry}" for entry in dtd.error_log.filter_from_errors()]
    rng = etree.RelaxNG(etree.parse(str(Path(schemas) / "TBXcoreStructV03.rng")))
    if not rng.validate(etree.parse(v3)):
        faults += [f"v3: {entry}" for entry in rng.error_log]
json.dump({"units": units, "faults": faults}, sys.stdout)
