# Glue only. `make help` lists what there is; everything built or downloaded goes under target/.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := html
.DELETE_ON_ERROR .NOTPARALLEL .SECONDARY:
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' Makefile)
# In quotes wherever a shell sees it: a path may have spaces.
T := $(CURDIR)/target
PY := target/venv/bin/python
COURSE := target/debug/course
NOTEBOOKS := $(wildcard notebooks/[0-9][0-9]-*.ipynb)
DECKS := $(NOTEBOOKS:notebooks/%.ipynb=target/slides/%.html)
# What a run needs. The words of the ledger and the exercises can be put into it later; `check` asks the rules.
WORDS := data/claims.toml data/exercises.toml
RULES := $(shell find tests/src -name '*.rs') support/src/claim/audit.rs
CRATE := $(filter-out $(RULES),$(shell find support/src -name '*.rs')) support/Cargo.toml Cargo.toml Cargo.lock \
  data/python.toml data/tickets.json
PAGES := notebooks/index.md notebooks/glossary.md
SITE := notebooks/conf.py $(PAGES) $(wildcard $(addprefix notebooks/,_static/* _templates/* locale/*/LC_MESSAGES/*))
SPHINX := $(PY) -m sphinx -W --keep-going -q -E -c notebooks -b html -d target/doctrees
# Jupyter and pip keep out of the home folder; notebooks/labconfig has Markdown shown, not edited.
export PATH := $(T)/venv/bin:$(PATH)
export JUPYTER_CONFIG_PATH := $(CURDIR)/notebooks
$(foreach kind,CONFIG DATA RUNTIME,$(eval export JUPYTER_$(kind)_DIR := $(T)/jupyter/$(kind)))
export IPYTHONDIR := $(T)/jupyter/ipython
export JUPYTER_PREFER_ENV_PATH := 1
export PIP_CACHE_DIR := $(T)/pip
# What would have cargo build elsewhere than in target/, or Python find other packages.
unexport CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_BUILD_TARGET CARGO_INCREMENTAL PYTHONPATH PYTHONHOME
$(if $(RUSTC_WRAPPER),$(if $(shell command -v "$(RUSTC_WRAPPER)"),,$(eval unexport RUSTC_WRAPPER)))
# Said before anything is compiled. The bounds are those of support/src/measure/second.rs.
$(if $(filter-out undefined,$(origin COURSE_SECOND_MS)),$(if $(filter $(shell seq 10 1000),$(COURSE_SECOND_MS)),,\
  $(error COURSE_SECOND_MS is "$(COURSE_SECOND_MS)": it must be a whole number of milliseconds from 10 to 1000)))
# One make works in target/ at a time. These may run beside it.
ifneq ($(if $(filter 0,$(MAKELEVEL)),$(filter-out help lint code lab,$(or $(MAKECMDGOALS),html))),)
OTHER := $(shell mkdir -p target; other=$$(cat target/make.pid 2>&- || echo 0); [ $$other != $$PPID ] || exit 0; \
  if ps -p $$other -o comm= 2>&- | grep -q make; then echo $$other; else echo $$PPID >target/make.pid; fi)
$(if $(OTHER),$(error another make, process $(OTHER), is at work in this folder: wait until it has ended, or end it))
endif
html: target/html/index.html ## run every notebook, check it, render the site (the default)
	@[ -e target/.rendered ] && rm target/.rendered || echo "Nothing has changed since the last run."
	@echo "Open file://$(T)/html/index.html"
site: target/site/index.html ## the site from the outputs that were committed: no kernel, nothing runs
	@echo "Open file://$(T)/site/index.html"
slides: $(DECKS) ## each chapter as slides: target/slides, to be opened from the file system
	@echo "Open file://$(CURDIR)/$(firstword $(DECKS))"
code: | course ## each chapter as a plain program: a cargo workspace in target/code (rewrites what changed)
	@$(COURSE) code target/code $(NOTEBOOKS)
lab: target/setup.ok ## JupyterLab on the notebooks, with our kernel; opens notebooks/start.md
	@$(PY) -m jupyter trust $(NOTEBOOKS) >/dev/null
	cd notebooks && COURSE_VERDICTS="$(T)/verdicts" exec "$(T)/venv/bin/python" -m jupyterlab \
	  --LabApp.default_url=/lab/tree/start.md $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(LAB)
notebooks: html ## run what changed and put outputs and picture into notebooks/, ready to commit
	@$(COURSE) adopt $(NOTEBOOKS)
test: html slides ## every test: the crate, its documentation, the kernel, the notebooks, the site in a browser
	@$(COURSE) test
lint: code ## formatting, clippy (the notebooks' code too), documentation; warnings are errors
	@$(COURSE) lint
translations: target/venv.ok | course ## bring notebooks/locale up to date; what is missing or fuzzy is listed
	@$(COURSE) translations
soak: ## the long torture: 10,000 processes killed inside the queue, 2,000 in pools, one at each instruction
	COURSE_SOAK=1 cargo test -p course-tests --test ipc --test pool --test kill -- --nocapture
shapes: target/venv.ok | course ## every chapter on machines of other shapes, some by root: data/shapes.txt, in an hour
	@$(COURSE) shapes
twice: target/setup.ok | course ## every cell run twice in place, as readers do (half an hour)
	@$(COURSE) twice $(NOTEBOOKS)
repeat: target/venv.ok | course ## how often verdicts flip: N=10 runs of every chapter, an hour: data/repeat.json
	@$(COURSE) repeat $(or $(N),10)
bench: | course ## every primitive beside its floors and CPython: target/bench/report.html (five minutes)
	@$(COURSE) bench
bench-check: | course ## name the ratios that fell by more than 25 % since data/bench.jsonl
	@$(COURSE) bench --check
lock: target/venv.ok | course ## pin the Python packages anew
	@$(COURSE) lock
setup: target/setup.ok ## the kernel and Jupyter, under target/
clean: ## remove everything built or downloaded
	rm -rf target
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20
course:
	@command -v cargo >/dev/null || { echo "make: cargo is missing: install Rust from https://rustup.rs"; exit 1; }
	@cargo build -q -p course-tests --bin course
# New words are put into what was run; CHAPTER.needs is new where a chapter must run again.
target/running/content.ok: $(WORDS) | course
	@$(COURSE) content target/notebooks target/running && touch $@
target/running/%.needs: target/running/content.ok ;
# One notebook at a time: they measure. As old as what was run: who changed the notebook meanwhile has it run again.
target/notebooks/%.ipynb: notebooks/%.ipynb target/running/%.needs $(CRATE) | target/setup.ok
	@mkdir -p target/notebooks && touch target/running/$*.began && rm -f target/verdicts/$*.jsonl
	@COURSE_NOTEBOOK=$* COURSE_VERDICTS="$(T)/verdicts" COURSE_SOLUTIONS=1 \
	  $(PY) notebooks/execute.py $< target/running/$*.ipynb
	@$(COURSE) check target/running/$*.ipynb target/verdicts >/dev/null
	@mv target/running/$*.ipynb $@ && touch -r target/running/$*.began $@
	@[ ! $< -nt $@ ] || echo "$< was changed meanwhile: the next make runs it again."
target/running/%.checked: target/notebooks/%.ipynb $(WORDS) $(RULES)
	@$(COURSE) check $< target/verdicts && touch $@
# The last chapter reads the verdicts of the others, and how often they flip.
target/notebooks/09-verdicts.ipynb: data/repeat.json $(filter-out %/09-verdicts.ipynb,$(NOTEBOOKS:%=target/%))

target/html/index.html: $(NOTEBOOKS:notebooks/%.ipynb=target/running/%.checked) $(SITE)
	@echo "Rendering the site …"
	@cp $(PAGES) target/notebooks/ && $(COURSE) front $(NOTEBOOKS:%=target/%) > target/notebooks/front.svg
	@$(SPHINX)/html target/notebooks target/html && touch $@ target/.rendered
target/site/index.html: $(NOTEBOOKS) $(SITE) | target/venv.ok
	@echo "Rendering the outputs that were committed …"
	@rm -rf target/committed && mkdir -p target/committed && \
	  cp $(NOTEBOOKS) $(PAGES) notebooks/_static/front.svg target/committed/
	@$(SPHINX)/site target/committed target/site && touch $@
target/slides/%.html: target/running/%.checked tests/src/slides.rs $(wildcard notebooks/_templates/slides/*)
	@$(COURSE) slides target/notebooks/$*.ipynb $@

target/setup.ok: target/venv.ok Cargo.lock | course
	@$(COURSE) setup 0.22.0 && touch $@
target/venv.ok: notebooks/requirements.txt
	@python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
	  { echo "make: Python 3.10 or later with venv is needed (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	@echo "Installing Jupyter and Sphinx into target/venv (half a minute) …"
	@mkdir -p "$(IPYTHONDIR)" && python3 -m venv target/venv && \
	  $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r $< && touch $@ \
	  || { echo "make: pip could not install $<; the first set-up needs the network; make resumes it"; exit 1; }
