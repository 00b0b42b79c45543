"""The course site: Sphinx with MyST-NB on the executed notebooks, which are in target/notebooks."""

import json
import re
from pathlib import Path

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
from sphinx.locale import _
from sphinx.search import js_index, languages
from sphinx.search.zh import SearchChinese
from sphinx.transforms import i18n

project = html_title = "Concurrency, measured"
author = "the authors of the course"
copyright = "MIT OR Apache-2.0"
extensions = ["myst_nb", "sphinx.ext.githubpages", "sphinx_book_theme"]
html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_js_files = ["course.js"]
templates_path = ["_templates"]
html_show_sphinx = False
html_theme_options = {
    "navbar_persistent": [],
    "article_header_end": ["language.html", "article-header-buttons.html"],
    "footer_content_items": ["extra-footer.html"],
    "extra_footer": "MIT or Apache-2.0, at your option.",
    "use_download_button": True,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
    "show_toc_level": 2,
}

# `make html` puts the translations there, so that what is compiled stays out of the sources.
locale_dirs = [str(Path(__file__).parents[1] / "target" / "locale")]
translation_progress_classes = "untranslated"
# A link keeps its own place on the page: Sphinx tells the links of a paragraph apart by their page alone.
i18n.EXCLUDED_PENDING_XREF_ATTRIBUTES += ("reftargetid",)

nb_execution_mode = "off"
nb_merge_streams = True
# A chart is an image in HTML too, which is for Jupyter.
nb_mime_priority_overrides = [("html", "image/svg+xml", 1)]
# A compiler error is no Python traceback: its own colours are enough.
nb_render_error_lexer = "myst-ansi"
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3


def as_on_the_site(app, page, source):
    """Links to words keep their capitals for JupyterLab, where a heading's name does; here names are in lower case."""
    source[0] = re.sub(r"(glossary\.md#)([\w,-]+)", lambda link: link[1] + link[2].lower().replace(",", ""), source[0])


def inline_svg(self, data, render_image=NbElementRenderer.render_image):
    """Charts go into the page, not beside it: their text can be searched and read aloud, and they follow the theme."""
    if data.mime_type != "image/svg+xml":
        return render_image(self, data)
    return [nodes.raw(text=f'<div class="chart">{data.content}</div>', format="html")]


NbElementRenderer.render_image = inline_svg


def measured(notebook):
    """When and where a notebook was run, from its metadata and the table of its machine."""
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", []))
    tables = ("".join(output.get("data", {}).get("text/html", [])) for output in outputs)
    table = next((table for table in tables if 'class="machine"' in table), "")
    rows = dict(re.findall(r"<th[^>]*>([^<]*)</th><td[^>]*>([^<]*)</td>", table))
    return rows | {"day": notebook["metadata"].get("course", {}).get("measured", "?")} if rows else None


def say_where(app, page, template, context, doctree):
    """Under the title of each chapter stands when and on which machine it was measured."""
    source = Path(app.srcdir, page).with_suffix(".ipynb")
    if "body" not in context or not source.exists():
        return
    if facts := measured(json.loads(source.read_text("utf-8"))):
        said = _("Measured on {day}, on a machine with {cores} cores: {processor}, {memory}, {kernel}, {compiler}.").format_map(facts)
        context["body"] = context["body"].replace("</h1>", f'</h1>\n<p class="measured">{said}</p>', 1)


def setup(app):
    app.connect("source-read", as_on_the_site)
    app.connect("html-page-context", say_where)


class Chinese(SearchChinese):
    """Without a dictionary: each pair of signs is a word, but with particles; _static/course.js cuts the query likewise."""

    language_name = "English"  # of the stemmer for what is in Latin letters

    def split(self, input):
        return super().split(input) + re.findall("(?=((?:(?![的了是在不一个也这那它把被让从都而])[\u4e00-\u9fff]){2}))", input)


languages["zh"] = Chinese
# Half of the bytes of Sphinx's own way, which escapes each sign.
js_index.dumps = lambda data: f"Search.setIndex({json.dumps(data, ensure_ascii=False, separators=(',', ':'), sort_keys=True)})"
