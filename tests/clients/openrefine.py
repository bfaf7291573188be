"""Works with OpenRefine as a person would, without its window: makes a project of a column, guesses its types, reconciles
it, extends it by two columns. Arguments: the service's address, a file with one cell a line. Prints JSON:
{"version", "types": [id...], "cells": [[cell, id of the match or null]...], "columns": {name: [value...]}}.
Only what comes with Python is needed; OpenRefine itself is run here and ended."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid

service, cells = sys.argv[1], open(sys.argv[2], encoding="utf-8").read()
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
base = f"http://127.0.0.1:{port}/command/core/"
web = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(command, fields=None, query=None, data=None, kind=None):
    address = base + command
    if query:
        address += "?" + urllib.parse.urlencode(query)
    if fields is not None:
        data = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(address, data, {"Content-Type": kind} if kind else {})
    with web.open(request, timeout=30) as reply:
        text = reply.read().decode()
        return json.loads(text) if text.lstrip().startswith("{") else reply.geturl()


def token():
    return call("get-csrf-token")["token"]


def started():
    for _ in range(300):
        try:
            return call("get-version")
        except OSError:
            time.sleep(0.1)
    sys.exit("OpenRefine did not start")


def create():
    mark = uuid.uuid4().hex
    parts = {"project-name": "cells", "format": "text/line-based"}
    body = b""
    for name, value in parts.items():
        body += f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    body += f'--{mark}\r\nContent-Disposition: form-data; name="project-file"; filename="cells.txt"\r\n'.encode()
    body += b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + cells.encode() + f"\r\n--{mark}--\r\n".encode()
    query = {"csrf_token": token(), "options": json.dumps({"encoding": "UTF-8", "linesPerRow": 1, "storeBlankRows": False})}
    project = call("create-project-from-upload", query=query, data=body, kind=f"multipart/form-data; boundary={mark}")
    return urllib.parse.parse_qs(urllib.parse.urlparse(project).query)["project"][0]


def wait(project):
    for _ in range(300):
        if not call("get-processes", query={"project": project})["processes"]:
            return
        time.sleep(0.1)
    sys.exit("OpenRefine did not finish")


def rows(project):
    engine = json.dumps({"facets": [], "mode": "row-based"})
    return call("get-rows", {"engine": engine}, {"project": project, "start": 0, "limit": 1000})


def work():
    version = started()["full_version"]
    project = create()
    columns = call("get-models", query={"project": project})["columnModel"]["columns"]
    column = columns[0]["name"]
    engine = json.dumps({"facets": [], "mode": "row-based"})
    asked = {"project": project, "columnName": column, "service": service, "csrf_token": token()}
    types = call("guess-types-of-column", asked)["types"]
    manifest = json.load(web.open(service, timeout=5))
    config = {
        "mode": "standard-service", "service": service, "type": {"id": types[0]["id"], "name": types[0]["name"]},
        "identifierSpace": manifest["identifierSpace"], "schemaSpace": manifest["schemaSpace"],
        "autoMatch": True, "columnDetails": [], "limit": 5,
    }
    # People, places and events stand beside organizations in the column.
    config["type"] = None
    asked = {"columnName": column, "config": json.dumps(config), "engine": engine, "csrf_token": token()}
    call("reconcile", asked, {"project": project})
    wait(project)
    matched = []
    reply = rows(project)
    recons = reply["pool"]["recons"]
    for row in reply["rows"]:
        cell = row["cells"][0]
        recon = recons.get(str(cell.get("r")), {})
        matched.append([cell["v"], recon["m"]["id"] if recon.get("j") == "matched" else None])
    wanted = [{"id": "canonical_fa", "name": "fa"}, {"id": "acronyms", "name": "acronym", "settings": {"limit": "1"}}]
    extension = {
        "baseColumnName": column, "endpoint": service, "identifierSpace": manifest["identifierSpace"],
        "schemaSpace": manifest["schemaSpace"], "extension": json.dumps({"properties": wanted}), "columnInsertIndex": 1,
        "engine": engine, "csrf_token": token(),
    }
    call("extend-data", extension, {"project": project})
    wait(project)
    columns = call("get-models", query={"project": project})["columnModel"]["columns"]
    values = {}
    for model in columns[1:]:
        at = model["cellIndex"]
        value = lambda row: (row["cells"][at] or {}).get("v") if at < len(row["cells"]) else None
        values[model["name"]] = [value(row) for row in rows(project)["rows"]]
    return {"version": version, "types": [kind["id"] for kind in types], "cells": matched, "columns": values}


with tempfile.TemporaryDirectory() as folder:
    command = ["openrefine", "-p", str(port), "-d", folder, "-m", "512M", "-x", "refine.headless=true"]
    log = open(os.path.join(folder, "log"), "w+")
    environment = dict(os.environ, HOME=folder, REFINE_MIN_MEMORY="64M")
    program = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        done = work()
    except BaseException:
        log.seek(0)
        sys.stderr.write(log.read()[-3000:])
        raise
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
    json.dump(done, sys.stdout)
