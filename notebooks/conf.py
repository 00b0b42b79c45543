"""The course site: Sphinx with MyST-NB on the executed notebooks, which are in target/notebooks. The tag `zh` makes it Chinese;
without it, the Chinese pages are made beside the English ones."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
from sphinx.errors import SphinxError
from sphinx.locale import _
from sphinx.search import js_index, languages
from sphinx.search.zh import SearchChinese
from sphinx.transforms import i18n

course = Path(__file__).parents[1]
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

nb_code_prompt_show = "Show the solution"
nb_code_prompt_hide = "Hide the solution"
if tags.has("zh"):  # The theme's other words are in locale/zh_CN/LC_MESSAGES/sphinx.po.
    language = "zh_CN"
    html_title = "并发实测"
    html_theme_options |= {"search_bar_text": "搜索", "extra_footer": "MIT 或 Apache-2.0，由你选择。"}
    nb_code_prompt_show, nb_code_prompt_hide = "显示解答", "隐藏解答"
    # What is compiled of the translations stays out of the sources.
    locale_dirs = [str(course / "target" / "locale")]
    shutil.rmtree(locale_dirs[0], ignore_errors=True)
    shutil.copytree(course / "notebooks" / "locale", locale_dirs[0])
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


def name_folds(app, doctree):
    """A cell that is folded as a whole is a solution; of drawings and verdicts the code alone is."""
    for cell in doctree.findall(lambda node: isinstance(node, nodes.container) and node.get("hide_mode") == "input"):
        cell["prompt_show"], cell["prompt_hide"] = _("Show the code"), _("Hide the code")


def whole_course(app, config):
    """The course as one archive, for those who take it from the site."""
    if not app.tags.has("zh"):
        inside = lambda file: None if file.name in ("course/target", "course/.git") else file
        with tarfile.open(Path(app.srcdir, "course.tar.gz"), "w:gz") as archive:
            archive.add(course, "course", filter=inside)


def in_chinese(app):
    """One language is made beside the other."""
    if app.builder.name == "html" and not app.tags.has("zh"):
        command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-t", "zh", "-b", "html", "-c", app.confdir]
        app.chinese = subprocess.Popen([*command, "-d", f"{app.doctreedir}-zh", app.srcdir, f"{app.outdir}/zh"])


def last_touches(app, exception):
    """What cells put out links to notebooks, which are pages here; names, brackets and blanks have the colour of code anyhow,
    so that a third of a page is not said; the icons come from a font too, 0.1 MB instead of 1.6."""
    if (chinese := getattr(app, "chinese", None)) and chinese.wait() and not exception:
        raise SphinxError("the Chinese pages could not be made: see above")
    for page in () if exception else Path(app.outdir).glob("*.html"):
        text = page.read_text("utf-8")
        linked = re.sub(r'(href="\d\d-[a-z-]+)\.ipynb', r"\1.html", text)
        plain = re.sub(r'<span class="[npw]">([^<]*)</span>', r"\1", linked)
        page.write_text(re.sub(r".*scripts/fontawesome\.js.*\n", "", plain), "utf-8")


def setup(app):
    app.connect("config-inited", whole_course)
    app.connect("builder-inited", in_chinese)
    app.connect("source-read", as_on_the_site)
    app.connect("doctree-read", name_folds)
    app.connect("html-page-context", say_where)
    app.connect("build-finished", last_touches)


class Chinese(SearchChinese):
    """Without a dictionary: each pair of signs is a word, but with particles; _static/course.js cuts the query likewise."""

    language_name = "English"  # of the stemmer for what is in Latin letters

    def split(self, input):
        return super().split(input) + re.findall("(?=((?:(?![的了是在不一个也这那它把被让从都而])[\u4e00-\u9fff]){2}))", input)


languages["zh"] = Chinese
# Half of the bytes of Sphinx's own way, which escapes each sign.
js_index.dumps = lambda data: f"Search.setIndex({json.dumps(data, ensure_ascii=False, separators=(',', ':'), sort_keys=True)})"
