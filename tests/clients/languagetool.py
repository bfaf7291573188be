"""Checks and corrects texts with language_tool_python and pyLanguagetool at the server of the first argument, such as
http://127.0.0.1:8640/lt/house. Prints JSON: {"corrected": [...], "matches": [[written, replacement, rule]...],
"languages": [...], "api": [[written, replacement]...], "incomplete": bool}."""
import json
import sys

import language_tool_python
from pylanguagetool import api

server, texts = sys.argv[1], json.loads(sys.argv[2])

tool = language_tool_python.LanguageTool("en-US", remote_server=server + "/")
corrected = [tool.correct(text) for text in texts]
matches = [
    [texts[0][match.offset : match.offset + match.error_length], match.replacements[0], match.rule_id]
    for match in tool.check(texts[0])
]
tool.close()

base = server + "/v2/"
languages = sorted({language["longCode"] for language in api.get_languages(base)})
reply = api.check(texts[0], api_url=base, lang="en-US", disabled_categories="STYLE", mother_tongue="fa-IR")
units = texts[0].encode("utf-16-le")
found = [
    [
        units[2 * match["offset"] : 2 * (match["offset"] + match["length"])].decode("utf-16-le"),
        match["replacements"][0]["value"],
    ]
    for match in reply["matches"]
]
json.dump(
    {
        "corrected": corrected,
        "matches": matches,
        "languages": languages,
        "api": found,
        "incomplete": reply["warnings"]["incompleteResults"],
    },
    sys.stdout,
)
