"""The course site: Sphinx with MyST-NB on the executed notebooks, which are in target/notebooks."""

import json
from pathlib import Path

from docutils import nodes
from myst_nb.core.render import NbElementRenderer

project = "Concurrency, measured"
author = "the authors of the course"
copyright = "MIT OR Apache-2.0"
extensions = ["myst_nb", "sphinx_book_theme"]
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_show_sphinx = False
html_theme_options = {
    "navbar_persistent": [],
    "footer_content_items": ["extra-footer.html"],
    "extra_footer": "MIT or Apache-2.0, at your option.",
    "use_download_button": True,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
    "show_toc_level": 2,
}

nb_execution_mode = "off"
nb_merge_streams = True
# A compiler error is no Python traceback: its own colours are enough.
nb_render_error_lexer = "myst-ansi"
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3


CHART = '<div class="chart">{}</div>'


def inline_svg(self, data, render_image=NbElementRenderer.render_image):
    """Charts go into the page, not beside it: their text can be searched and read aloud, and they follow the theme."""
    if data.mime_type != "image/svg+xml":
        return render_image(self, data)
    return [nodes.raw(text=CHART.format(data.content), format="html")]


NbElementRenderer.render_image = inline_svg


def front_chart(app):
    """The front page shows the first chart of the cell tagged `front-page`."""
    for path in sorted(Path(app.srcdir).glob("[0-9][0-9]-*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if "front-page" in cell["metadata"].get("tags", []):
                for output in cell["outputs"]:
                    if svg := output.get("data", {}).get("image/svg+xml"):
                        Path(app.srcdir, "front.svg").write_text(svg := "".join(svg), "utf-8")
                        Path(app.srcdir, "front.html").write_text(CHART.format(svg), "utf-8")
                        return


def setup(app):
    app.connect("builder-inited", front_chart)
