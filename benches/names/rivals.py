"""Finds the names of FOLDER/names.txt in FOLDER/text-*.txt with flashtext and with spaCy's PhraseMatcher, and
prints how fast. Called by `cargo bench --bench names -- rivals`."""

import pathlib
import sys
import time


def best(times, work):
    took = []
    for _ in range(times):
        start = time.process_time()
        found = work()
        took.append(time.process_time() - start)
    return found, min(took)


def flashtext(names):
    from flashtext import KeywordProcessor

    processor = KeywordProcessor(case_sensitive=False)
    for name in names:
        processor.add_keyword(name)
    return lambda text, _: len(processor.extract_keywords(text))


def spacy_matcher(names):
    import spacy
    from spacy.matcher import PhraseMatcher

    pipelines = {lang: spacy.blank(lang) for lang in ("en", "fa")}
    matchers = {}
    for lang, nlp in pipelines.items():
        nlp.max_length = 1 << 30
        matchers[lang] = PhraseMatcher(nlp.vocab, attr="LOWER")
        matchers[lang].add("names", [nlp.make_doc(name) for name in names])

    def find(text, lang):
        # In lines, as one does; the tokenizer is part of the work, as it is of everyone's.
        nlp, matcher = pipelines[lang], matchers[lang]
        return sum(len(matcher(nlp.make_doc(line))) for line in text.split("\n"))

    return find


def main():
    folder = pathlib.Path(sys.argv[1])
    names = (folder / "names.txt").read_text(encoding="utf-8").split("\n")
    for title, make in (("flashtext", flashtext), ("spaCy PhraseMatcher", spacy_matcher)):
        find = make(names)
        for path in sorted(folder.glob("text-*.txt")):
            text = path.read_text(encoding="utf-8")
            lang = "fa" if sum("\u0600" <= c <= "\u06ff" for c in text[:10000]) > 2000 else "en"
            found, took = best(2, lambda: find(text, lang))
            size = len(text.encode()) / 1e6
            print(f"  {path.stem}, {title}: {size / took:.2f} MB/s ({found} found)", flush=True)


main()
