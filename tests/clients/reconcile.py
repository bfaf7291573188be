"""Reconciles a few cells with two Python clients. Argument: the service's address. Prints JSON:
{"reconciler": [[cell, id, match, type]...], "service": [[cell, id, match]...], "manifest": name}."""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import pandas
from py_reconciliation_service_api import build_reconciliation_service
from py_reconciliation_service_api.models.reconciliation import ReconciliationQuery, ReconciliationQueryProperty
from reconciler import reconcile

address = sys.argv[1]
cells = ["MEK", "Maryam Radjavi", "سازمان مجاهدين خلق ايران", "Tehran", "zzzz qqqq"]

frame = reconcile(pandas.Series(cells), reconciliation_endpoint=address)
plain = lambda value: value.item() if hasattr(value, "item") else None if value != value else value
first = [[plain(row[name]) for name in ("input_value", "id", "match", "type_id")] for _, row in frame.iterrows()]
typed = reconcile(pandas.Series(["MEK"]), type_id="organization", top_res="all", reconciliation_endpoint=address)
assert typed.iloc[0]["id"] == "org:pmoi", typed

service = build_reconciliation_service(address, httpx_args={"trust_env": False})
queries = [ReconciliationQuery(query=cell, limit=3) for cell in cells]
queries.append(ReconciliationQuery(
    query="Rajavi", type=["person"], type_strict="any",
    properties=[ReconciliationQueryProperty(pid="canonical_fa", v="مریم رجوی")],
))
second = []
for query, found in zip(queries, service.reconcile_batch(queries)):
    best = found.result[0] if found.result else None
    second.append([query.query, best and best.id, best and best.match])
json.dump({"reconciler": first, "service": second, "manifest": service._manifest.name}, sys.stdout)
