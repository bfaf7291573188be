"""Has LibreOffice Writer check documents with the LanguageTool server of the first argument, such as
http://127.0.0.1:8640/lt/house/v2. The second one is JSON: [[language, country, text]...]. The third is an empty folder.

Everything goes through a small proxy, so that it is known what Writer sent by itself. Prints JSON:
{"asked": [[[start, length, [suggestion...], comment]...] of each text], "automatic": [[text, [[written, suggestion]...]]...],
"version": "7.4"}. Needs the Python module uno of LibreOffice (Debian: python3-uno)."""
import http.client
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.lang import Locale

server, documents, folder = sys.argv[1], json.loads(sys.argv[2]), pathlib.Path(sys.argv[3])
upstream = urllib.parse.urlparse(server)
seen = []


class Proxy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.forward(None)

    def do_POST(self):
        self.forward(self.rfile.read(int(self.headers["Content-Length"])))

    def forward(self, body):
        connection = http.client.HTTPConnection(upstream.netloc)
        connection.putrequest(self.command, self.path, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name != "Host":
                connection.putheader(name, value)
        connection.endheaders(body)
        reply = connection.getresponse()
        said = reply.read()
        seen.append((self.path, body, reply.status, said))
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.headers["Content-Type"])
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


def setting(path, name, value):
    return (
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{escape(value)}</value></prop></item>"
    )


def profile(base):
    languagetool = "Office.Linguistic/GrammarChecking/LanguageTool"
    items = [
        setting(languagetool, "BaseURL", base),
        setting(languagetool, "IsEnabled", "true"),
        setting("Office.Linguistic/SpellChecking", "IsSpellAuto", "true"),
        setting("Office.Linguistic/GrammarChecking", "IsAutoCheck", "true"),
        setting("Office.Linguistic/General", "DefaultLocale_CTL", "fa-IR"),
    ]
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        + "".join(items)
        + "</oor:items>",
        "utf-8",
    )


def value(name, content):
    one = PropertyValue()
    one.Name, one.Value = name, content
    return one


def connect(pipe, office):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", local
    )
    until = time.monotonic() + 90
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:
            if time.monotonic() > until or office.poll() is not None:
                raise
            time.sleep(0.2)


def make(desktop, language, country, text):
    """A Writer document with this text in this language."""
    document = desktop.loadComponentFromURL(
        "private:factory/swriter", "_blank", 0, ()
    )
    cursor = document.Text.createTextCursor()
    locale = Locale(language, country, "")
    cursor.CharLocale = cursor.CharLocaleComplex = locale
    document.Text.insertString(cursor, text, False)
    cursor.gotoStart(False)
    cursor.gotoEnd(True)
    cursor.CharLocale = cursor.CharLocaleComplex = locale
    return document


def asked_for(context, language, country, text):
    checker = context.ServiceManager.createInstanceWithContext(
        "org.openoffice.lingu.LanguageToolGrammarChecker", context
    )
    locale = Locale(language, country, "")
    assert checker.hasLocale(locale), locale
    result = checker.doProofreading("1", text, locale, 0, len(text), ())
    return [
        [error.nErrorStart, error.nErrorLength, list(error.aSuggestions), error.aFullComment]
        for error in result.aErrors
    ]


def found_by_itself(text):
    """What Writer got for this text without being told to check it."""
    for path, body, status, said in seen:
        if body and path.endswith("/check") and status == 200 and text.encode() in body:
            units = text.encode("utf-16-le")
            matches = json.loads(said)["matches"]
            return [
                [
                    units[2 * m["offset"] : 2 * (m["offset"] + m["length"])].decode("utf-16-le"),
                    m["replacements"][0]["value"],
                ]
                for m in matches
            ]
    return None


proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
threading.Thread(target=proxy.serve_forever, daemon=True).start()
profile(f"http://127.0.0.1:{proxy.server_port}{upstream.path}")
pipe = f"hamzaban{proxy.server_port}"
office = subprocess.Popen(
    [
        "soffice",
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--norestore",
        "--nologo",
        f"--accept=pipe,name={pipe};urp;",
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
try:
    context = connect(pipe, office)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    # First by itself, since replies are cached by their text.
    opened = [make(desktop, *document) for document in documents]
    until = time.monotonic() + 60
    while time.monotonic() < until and any(found_by_itself(text) is None for _, _, text in documents):
        time.sleep(0.2)
    automatic = [[text, found_by_itself(text)] for _, _, text in documents]
    asked = [asked_for(context, *document) for document in documents]
    for document in opened:
        document.close(False)
    json.dump({"asked": asked, "automatic": automatic}, sys.stdout)
    try:
        desktop.terminate()
    except Exception:
        pass
finally:
    try:
        office.wait(20)
    except subprocess.TimeoutExpired:
        office.kill()
