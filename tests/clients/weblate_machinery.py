"""Asks a server with Weblate's own `tmserver` and `apertium` classes. Arguments: the server's address, then texts.

Of Weblate, the classes, their base and their HTTP are the real ones; what they import besides (the database's
models, the forms of its pages, its error reports) takes no part in asking, and empty stand-ins are put in its place.
Prints JSON: for both, what validation says, the languages they would ask for, and what each text gives."""
import json
import sys
import types

from django.conf import settings

settings.configure(SITE_DOMAIN="weblate.example", ENABLE_HTTPS=False, USE_I18N=False)


def stand_in(name, **contents):
    module = types.ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module


class Form:
    pass


stand_in("weblate.checks.utils", highlight_string=lambda *_, **__: [])
stand_in("weblate.lang.models", Language=object, PluralMapper=object)
stand_in("weblate.machinery.forms", BaseMachineryForm=Form, URLMachineryForm=Form)
stand_in("weblate.utils.celery", app=None)
stand_in("weblate.utils.errors", report_error=lambda *_, **__: None)
stand_in("weblate.utils.version", USER_AGENT="Weblate/5.14.3")

from weblate.machinery.apertium import ApertiumAPYTranslation  # noqa: E402
from weblate.machinery.base import MachineTranslationError  # noqa: E402
from weblate.machinery.tmserver import TMServerTranslation  # noqa: E402


class Named:
    def __init__(self, code):
        self.code = code


class Unit:
    """What `_translate` asks of a unit: nothing that matters here."""

    all_flags = source_string = translation = None


def asked(machinery, texts):
    seen = {"valid": True, "results": {}}
    try:
        machinery.validate_settings()
    except Exception as error:  # noqa: BLE001
        seen["valid"] = str(error)
        return seen
    source, target = machinery.get_languages(Named("en"), Named("fa"))
    seen["languages"] = [source, target]
    seen["others"] = machinery.is_supported(source, "xx")
    for text in texts:
        try:
            found = machinery.download_multiple_translations(
                source, target, [(text, Unit())], None, 75
            )
            seen["results"][text] = [
                [item["text"], item["quality"], item["source"]] for item in found[text]
            ]
        except MachineTranslationError as error:
            seen["results"][text] = str(error)
    return seen


address, *texts = sys.argv[1:]
json.dump(
    {
        "tmserver": asked(TMServerTranslation({"url": f"{address}/tmserver/"}), texts),
        "apertium": asked(ApertiumAPYTranslation({"url": f"{address}/apertium"}), texts),
    },
    sys.stdout,
)
