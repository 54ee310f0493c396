# RUN: %python %s %quantc

"""The page of the report as an HTML parser sees it: names from the model become text, and
nothing else; nothing is loaded from elsewhere."""

import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from report import HOSTILE, NAMES, SIZE, make_model, quantc

VOID = {"meta", "br"}
LOADS = {"src", "href", "srcset", "action", "data", "poster", "formaction"}


class Page(HTMLParser):
    """Collects what a page holds; a tag that is closed wrongly is an error."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.texts = [], {}, set(), []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attributes}
        # Shapes of SVG close themselves.
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        self.texts.append(data)


def check_page(path, names):
    """The page says each of `names` in its table and nothing of the model is code."""
    page = Page(path.read_text(encoding="utf-8"))
    assert page.tags["script"] == page.tags["style"] == page.tags["html"] == 1, page.tags
    assert not page.tags.keys() & {"img", "link", "iframe", "object", "embed", "base", "form"}, page.tags
    assert not page.attributes & LOADS, page.attributes
    assert not [name for name in page.attributes if name.startswith("on")], page.attributes
    for name in names:
        assert name in page.texts, name
    for word in ("http:", "https:", "url(", "@import"):
        assert word not in path.read_text(encoding="utf-8"), word
    return page


def check_plan(folder, model):
    """With a budget the page names each layer once more, in the table of choices."""
    recipe = folder / "budget.yaml"
    recipe.write_text("weights: {bits: 8}\nbudget: {bits_per_weight: 6, measure: weights}\n", encoding="ascii")
    quantc("plan", str(model), "-r", str(recipe), "--report", str(folder / "look"))
    page = check_page(folder / "look.plan.html", NAMES)
    assert page.tags["table"] == 2 and page.texts.count(HOSTILE) >= 2, page.tags


def check_compare(folder, model):
    np.savez(folder / "x.npz", x=np.eye(SIZE, dtype=np.float32)[:4])
    command = ["compare", str(model), str(folder / "out"), "--data", str(folder / "x.npz"), "--layers"]
    quantc(*command, "--report", str(folder / "look"))
    page = check_page(folder / "look.compare.html", NAMES)
    # Outputs and layers, each with a row of headings.
    assert page.tags["table"] == 2 and page.tags["tr"] == 2 * len(NAMES) + 2, page.tags


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model.onnx"
        make_model(model)
        (folder / "recipe.yaml").write_text("weights: {bits: 4}\nrules: [{last: true, skip: true}]\n")
        quantc("compile", str(model), "-r", str(folder / "recipe.yaml"), "-o", str(folder / "out"))
        page = check_page(folder / "out.report.html", NAMES)
        assert page.tags["tr"] == len(NAMES) + 1, page.tags
        # Two charts over depth and a histogram for each layer with codes.
        assert page.tags["svg"] == 2 + len(NAMES) - 1, page.tags
        assert HOSTILE in page.texts and "&lt;" not in "".join(page.texts)
        check_plan(folder, model)
        check_compare(folder, model)


if __name__ == "__main__":
    main()
    sys.exit(0)
