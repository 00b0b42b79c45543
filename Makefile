# Glue only. `make help` lists what there is; everything built or downloaded goes under target/.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := html
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: html site slides code test translations soak shapes twice lab notebooks bench bench-check lint lock setup clean help

EVCXR := 0.22.0
# In quotes wherever a shell sees them: a path may have spaces.
ROOT := $(CURDIR)
T := $(ROOT)/target
PY := target/venv/bin/python
AXE := target/npm/axe-core-4.14.1
KERNEL := target/kernel-$(EVCXR)/bin/evcxr_jupyter

NOTEBOOKS := $(wildcard notebooks/[0-9][0-9]-*.ipynb)
EXECUTED := $(NOTEBOOKS:%=target/%)
DECKS := $(NOTEBOOKS:notebooks/%.ipynb=target/slides/%.html)
CRATE := $(shell find support/src -name '*.rs') support/Cargo.toml Cargo.toml Cargo.lock $(filter-out data/bench.jsonl data/shapes.txt,$(wildcard data/*))
PAGES := notebooks/index.md notebooks/glossary.md
SITE := notebooks/conf.py $(PAGES) $(wildcard notebooks/_static/* notebooks/_templates/* notebooks/locale/zh_CN/LC_MESSAGES/*)
SPHINX := $(PY) -m sphinx -W --keep-going -q -E -c notebooks
ENGLISH := -D nb_code_prompt_show="Show the solution" -D nb_code_prompt_hide="Hide the solution"
# What conf.py says in English; the theme's other words are in notebooks/locale/zh_CN/LC_MESSAGES/sphinx.po.
CHINESE := -D language=zh_CN -D html_title=并发实测 -D html_theme_options.search_bar_text=搜索 \
  -D html_theme_options.extra_footer="MIT 或 Apache-2.0，由你选择。" -D nb_code_prompt_show=显示解答 -D nb_code_prompt_hide=隐藏解答

# Jupyter and pip keep out of the home folder; notebooks/labconfig has Markdown shown, not edited.
export JUPYTER_CONFIG_PATH := $(ROOT)/notebooks
export PATH := $(T)/venv/bin:$(PATH)
export JUPYTER_CONFIG_DIR := $(T)/jupyter/config
export JUPYTER_DATA_DIR := $(T)/jupyter/data
export JUPYTER_RUNTIME_DIR := $(T)/jupyter/runtime
export IPYTHONDIR := $(T)/jupyter/ipython
export JUPYTER_PREFER_ENV_PATH := 1
export PIP_CACHE_DIR := $(T)/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What would have cargo build elsewhere than in target/, or Python find other packages.
unexport CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_BUILD_TARGET CARGO_INCREMENTAL PYTHONPATH PYTHONHOME
ifdef RUSTC_WRAPPER
ifeq ($(shell command -v "$(RUSTC_WRAPPER)"),)
unexport RUSTC_WRAPPER
endif
endif

# Said before anything is compiled. The bounds are those of support/src/measure/second.rs.
ifneq ($(origin COURSE_SECOND_MS),undefined)
$(if $(filter $(shell seq 10 1000),$(COURSE_SECOND_MS)),,$(error COURSE_SECOND_MS is "$(COURSE_SECOND_MS)": \
  it must be a whole number of milliseconds from 10 to 1000; unset, a course second is 100 ms))
endif

# One make works in target/ at a time. These may run beside it.
ifneq ($(if $(filter 0,$(MAKELEVEL)),$(filter-out help lint code lab,$(or $(MAKECMDGOALS),html))),)
OTHER := $(shell mkdir -p target; other=$$(cat target/make.pid 2>/dev/null || true); \
  if [ -n "$$other" ] && [ "$$other" != $$PPID ] && ps -p "$$other" -o comm= | grep -q make; then echo "$$other"; else echo $$PPID >target/make.pid; fi)
$(if $(OTHER),$(error another make, process $(OTHER), is at work in this folder: wait until it has ended, or end it))
endif

html: target/html/index.html ## run every notebook, check it, render the site (the default)
	@if [ -e target/.rendered ]; then rm target/.rendered; else echo "Nothing has changed since the last run."; fi
	@echo "Open file://$(T)/html/index.html"

slides: $(DECKS) ## each chapter as slides: target/slides, to be opened from the file system
	@echo "Open file://$(T)/$(firstword $(DECKS:target/%=%))"

# What takes long and measures little runs beside the rest.
LONG := programs site teaching
REST := $(filter-out $(LONG),$(shell sed -n '/^\[\[test\]\]/{n;s/^name = "\(.*\)"/\1/p;}' tests/Cargo.toml))
CARGO_TEST := cargo test --workspace --no-fail-fast

test: html slides | $(AXE) ## all tests: the crate, its documentation, the kernel, the notebooks, the site in a browser
	@cargo test -q --workspace --no-run
	@export COURSE_PYTHON="$(T)/venv/bin/python" COURSE_SITE="$(T)/html" COURSE_SLIDES="$(T)/slides" COURSE_NOTEBOOKS="$(T)/notebooks" \
	  COURSE_AXE="$(ROOT)/$(AXE)/axe.min.js"; failed=; \
	$(CARGO_TEST) $(LONG:%=--test %) -- --include-ignored >target/test-long.log 2>&1 & long=$$!; \
	{ rest=0; $(CARGO_TEST) --lib $(REST:%=--test %) -- --include-ignored || rest=1; \
	  $(CARGO_TEST) --doc -- --include-ignored || rest=1; exit $$rest; } 2>&1 | tee target/test.log || failed=1; \
	wait $$long || failed=1; cat target/test-long.log; \
	awk '/^test result:/ { p += $$4; f += $$6; i += $$8 } \
	  END { printf "%d passed, %d failed, %d skipped\n", p, f, i; exit f > 0 || p == 0 }' target/test.log target/test-long.log && [ -z "$$failed" ]

translations: target/course.tar.gz ## bring notebooks/locale up to date with the text of the course; what is missing or fuzzy is listed
	@rm -rf target/gettext && mkdir -p target/gettext/source && cp $(NOTEBOOKS) $(PAGES) notebooks/_static/front.svg $< target/gettext/source/
	@$(SPHINX) -b gettext -D gettext_location=0 -d target/gettext/doctrees target/gettext/source target/gettext/pot
	@$(PY) -m sphinx_intl update -p target/gettext/pot -d notebooks/locale -l zh_CN -w 0 | grep -v "^Not Changed" || true
	@cargo run -q -p course-tests --bin check -- --translations notebooks/locale

soak: ## the long form of the torture: 10,000 processes killed inside the queue, 2,000 at work in pools, one at each instruction
	COURSE_SOAK=1 cargo test -p course-tests --test ipc --test pool --test kill -- --nocapture

shapes: ## every chapter as a program on machines of other shapes (some need root): data/shapes.txt, in an hour
	COURSE_SHAPES=1 cargo test -q --workspace --test programs -- --include-ignored ', ' 2>&1 | tee target/shapes.log
	@grep -oE '[0-9]{2}-[a-z-]+, .*: [0-9]+ as expected.*' target/shapes.log > data/shapes.txt

twice: target/setup.ok ## every cell of every chapter run twice in place, as readers do (half an hour)
	@mkdir -p target/twice && rm -rf target/twice/*
	@for n in $(NOTEBOOKS); do cargo run -q -p course-tests --bin export -- twice $$n target/twice/$${n#*/}; \
	  COURSE_VERDICTS="$(T)/twice/verdicts" COURSE_SOLUTIONS=1 $(PY) notebooks/execute.py target/twice/$${n#*/} target/twice/ran.ipynb; done

lab: target/setup.ok ## JupyterLab on the notebooks, with our kernel; opens notebooks/start.md
	@$(PY) -m jupyter trust $(NOTEBOOKS) >/dev/null
	cd notebooks && COURSE_VERDICTS="$(T)/verdicts" exec "$(T)/venv/bin/python" -m jupyterlab --LabApp.default_url=/lab/tree/start.md $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(LAB)

notebooks: html ## run what changed and put outputs and picture into notebooks/, ready to commit
	@for n in $(NOTEBOOKS); do [ ! $$n -nt target/$$n ] || { echo "$$n was changed meanwhile: run make notebooks again"; exit 1; }; cmp -s target/$$n $$n || { cp target/$$n $$n; touch target/$$n; echo "updated $$n"; }; done
	@cp target/notebooks/front.svg notebooks/_static/front.svg && touch target/html/index.html

# The order of the table.
BENCHES := process inspect sched ipc sync pool coroutine
RATIOS := target/bench/ratios.jsonl

bench: ## every primitive beside its floors and CPython: a table of ratios, target/bench/report.html (five minutes)
	@$(MAKE) --no-print-directory -B $(RATIOS)
	@cargo run -q -p course-tests --bin report $(RATIOS) target/bench/report.html

bench-check: $(RATIOS) ## name the ratios that fell by more than 25 % since data/bench.jsonl
	@cargo run -q -p course-tests --bin report -- --check data/bench.jsonl $(RATIOS)

code: ## each chapter as a plain program: a cargo workspace in target/code (rewrites what changed)
	@cargo run -q -p course-tests --bin export -- code $(NOTEBOOKS) target/code

lint: code ## formatting, clippy (the notebooks' code too), documentation; warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --manifest-path target/code/Cargo.toml --target-dir target/code/target -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

lock: target/setup.ok ## pin the Python packages anew
	$(PY) -m pip install -q uv && cd notebooks && "$(T)/venv/bin/uv" pip compile -q --cache-dir "$(T)/uv" --universal --python-version 3.10 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements.in -o requirements.txt

setup: target/setup.ok ## the kernel and Jupyter, under target/

clean: ## remove everything built or downloaded
	rm -rf target

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

# The right kernel on the PATH is used and not built again. It has no --version, but its own source paths carry it.
target/setup.ok: target/venv.ok Cargo.lock
	@kernel=$$(command -v evcxr_jupyter || true); \
	if [ -n "$$kernel" ] && grep -q 'evcxr_jupyter-$(EVCXR)/' "$$kernel"; then echo "Using the kernel on the PATH: $$kernel"; \
	else $(MAKE) -s --no-print-directory $(KERNEL); kernel=$(KERNEL); fi; \
	JUPYTER_PATH="$(T)/venv/share/jupyter" "$$kernel" --install >/dev/null; \
	$(PY) -c 'import json, sys; file, start = sys.argv[1:]; spec = json.load(open(file)); kernel, _, connection = spec["argv"]; \
	  json.dump(spec | {"argv": ["/bin/sh", start, kernel, connection]}, open(file, "w"), indent=1)' \
	  target/venv/share/jupyter/kernels/rust/kernel.json "$(ROOT)/notebooks/kernel.sh"
	@mkdir -p target/kernels/.cargo target/kernels/.config
	@# Cells are compiled incrementally; what is not, the kernel's cache keeps.
	@printf '[profile.dev.package.support]\nincremental = false\n' > target/kernels/.cargo/config.toml
	@# What the course needs is fetched here, so that it runs without a network.
	@printf '[evcxr]\noffline_mode = true\n' > target/kernels/.config/evcxr.toml
	@cargo fetch -q || { echo "make: the crates could not be fetched: the first set-up needs the network; run make again to resume"; exit 1; }
	@touch $@

target/venv.ok: notebooks/requirements.txt
	@command -v python3 >/dev/null || { echo "make: python3 is missing: install Python 3.10 or later"; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "make: $$(python3 -V) is too old: install Python 3.10 or later"; exit 1; }
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { echo "make: Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	@echo "Installing Jupyter and Sphinx into target/venv (half a minute) …"
	@mkdir -p "$(IPYTHONDIR)" && python3 -m venv target/venv
	@$(PY) -m pip install -q --require-hashes -r $< || { echo "make: pip could not install notebooks/requirements.txt: the first set-up needs the network; run make again to resume"; exit 1; }
	@touch $@

# The build folder outlives an interrupted build, so that the next make goes on where this one stopped.
$(KERNEL):
	@command -v cargo >/dev/null || { echo "make: cargo is missing: install Rust from https://rustup.rs"; exit 1; }
	@command -v cc >/dev/null || { echo "make: no C linker (cc): install one (Debian, Ubuntu: apt install gcc; macOS: xcode-select --install)"; exit 1; }
	@echo "Building the kernel evcxr_jupyter $(EVCXR) into target/ (6 minutes on 2 cores, once) …"
	@CARGO_TARGET_DIR=target/kernel-build cargo install evcxr_jupyter --version =$(EVCXR) --locked --no-track --root target/kernel-$(EVCXR) \
	  || { echo "make: the kernel did not build (see above; the first build needs the network); run make again to resume"; exit 1; }
	@rm -rf target/kernel-build

# Peers that cannot be installed are left out of the table, which says so.
target/peers.ok: support/benches/peers.txt
	@mkdir -p target && python3 -m venv target/peers && target/peers/bin/python -m pip install -q -r $< || echo "make: not all of $< could be installed"
	@touch $@

$(RATIOS): target/peers.ok
	@rm -f $@
	@[ ! -x target/peers/bin/python ] || export COURSE_PYTHON="$${COURSE_PYTHON-$(T)/peers/bin/python}"; \
	for bench in $(BENCHES); do cargo bench -q -p support --bench $$bench -- --quiet; done

# One notebook at a time: they measure.
target/notebooks/%.ipynb: notebooks/%.ipynb $(CRATE) | target/setup.ok
	@cargo build -q -p course-tests --bin check
	@mkdir -p target/notebooks target/running && touch target/running/$*.began && rm -f target/verdicts/$*.jsonl
	@COURSE_NOTEBOOK=$* COURSE_VERDICTS="$(T)/verdicts" COURSE_SOLUTIONS=1 $(PY) notebooks/execute.py $< target/running/$*.ipynb
	@target/debug/check target/running/$*.ipynb target/verdicts
	@# As old as what was run: who changed the notebook meanwhile has it run again.
	@mv target/running/$*.ipynb $@ && touch -r target/running/$*.began $@
	@[ ! $< -nt $@ ] || echo "$< was changed meanwhile: the next make runs it again."

# The last chapter reads the verdicts of the others.
target/notebooks/09-verdicts.ipynb: $(filter-out %/09-verdicts.ipynb,$(EXECUTED))

# What cells put out links to notebooks, which are pages.
TO_PAGES := 's|(href="[0-9]{2}-[a-z-]+)\.ipynb|\1.html|g'

# $(call render,FOLDER OF THE SOURCES,FOLDER OF THE SITE): one language beside the other.
define render
	@rm -rf target/locale && cp -R notebooks/locale target/
	@$(SPHINX) -b html -d target/doctrees/$(notdir $(2))-zh $(CHINESE) $(1) $(2)/zh & \
	chinese=$$!; $(SPHINX) -b html -d target/doctrees/$(notdir $(2)) $(ENGLISH) $(1) $(2) || { wait; exit 1; }; wait $$chinese
	@# The icons come from a font too: 0.1 MB instead of 1.6.
	@sed -i.bak -E -e $(TO_PAGES) -e '/scripts\/fontawesome\.js/d' $(2)/{,zh/}*.html && rm $(2)/{,zh/}*.bak
endef

# The whole course, for those who take it from the site.
target/course.tar.gz: $(NOTEBOOKS) $(SITE) $(CRATE) README.md Makefile | target/venv.ok
	@$(PY) -c 'import tarfile; archive = tarfile.open("$@", "w:gz"); \
	  archive.add(".", "course", filter=lambda file: None if file.name in ("course/target", "course/.git") else file); archive.close()'

target/html/index.html: $(EXECUTED) $(SITE) target/course.tar.gz | target/venv.ok
	@echo "Rendering the site …"
	@cp $(PAGES) target/course.tar.gz target/notebooks/ && cargo run -q -p course-tests --bin check -- --front $(EXECUTED) > target/notebooks/front.svg
	$(call render,target/notebooks,target/html)
	@touch $@ target/.rendered

site: target/site/index.html ## the site from the outputs that the notebooks were committed with: no kernel, nothing runs
	@echo "Open file://$(T)/site/index.html"

target/site/index.html: $(NOTEBOOKS) $(SITE) target/course.tar.gz | target/venv.ok
	@echo "Rendering the outputs that were committed …"
	@rm -rf target/committed && mkdir -p target/committed && cp $(NOTEBOOKS) $(PAGES) notebooks/_static/front.svg target/course.tar.gz target/committed/
	$(call render,target/committed,target/site)
	@touch $@

# Links to notebooks lead to the decks beside this one, those to words into the site.
target/slides/%.html: target/notebooks/%.ipynb $(wildcard notebooks/_templates/slides/*) tests/slides.rs | target/slides/reveal.js target/venv.ok
	@mkdir -p target/laid-out && cp notebooks/_templates/slides/slides.css target/slides/
	@cargo run -q -p course-tests --bin export -- slides $< target/laid-out/$*.ipynb
	@$(PY) -m nbconvert --to slides --log-level WARN --template slides --TemplateExporter.extra_template_basedirs=notebooks/_templates \
	  --SlidesExporter.reveal_url_prefix=reveal.js --HTMLExporter.exclude_anchor_links=True \
	  --output-dir target/laid-out target/laid-out/$*.ipynb
	@sed -E -e $(TO_PAGES) -e 's#href="glossary\.md#href="../html/glossary.html#g' target/laid-out/$*.slides.html > $@

target/slides/reveal.js: target/npm/reveal.js-5.2.1
	@mkdir -p $@/dist && cp $</dist/reveal.{js,css} $@/dist/ && cp $</LICENSE $@/
	@touch $@

# Packages of the npm registry, by name and version; npm itself is not needed.
SHA256_axe-core-4.14.1 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
SHA256_reveal.js-5.2.1 := 359b575dd51bbda32f89b2fd4c7dc46ad7389a805572158916c29252f7a27333

target/npm/%:
	@command -v curl >/dev/null || { echo "make: curl is missing: install it (Debian, Ubuntu: apt install curl)"; exit 1; }
	@mkdir -p target/npm && rm -rf $@ $@.part && name=$*; name=$${name%-*}; \
	curl -sSfL --retry 3 -o $@.tgz "https://registry.npmjs.org/$$name/-/$*.tgz" || { echo "make: cannot download $*: run make again when the network is there"; exit 1; }
	@{ sha256sum $@.tgz 2>/dev/null || shasum -a 256 $@.tgz; } | grep -q "^$(SHA256_$*) " || { echo "make: $* from the npm registry is not what it was"; exit 1; }
	@mkdir $@.part && tar -xzf $@.tgz -C $@.part --strip-components=1 && rm $@.tgz && mv $@.part $@
