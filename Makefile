# Two commands: `make guide` (pictures, site) and `make test`. Both set up what they need.

PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
# A file's tests stay in one process and share what they built. Each process takes some 1 GB. The
# order is that of tests/conftest.py: by their number, files of few long tests would come last.
PARALLEL ?= --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Material's notice about MkDocs 2 is answered in CONTRIBUTING.md.
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := guide
.PHONY: guide test prove quality render site lint constraints clean

guide: .venv/ready
	$(PY) -m render run
	$(PY) -m render audit --n 6
	$(MAKE) --no-print-directory site
	@if [ "$$SERVE" != 0 ] && [ -t 1 ]; then \
	  echo "The guide is at http://127.0.0.1:$(PORT)/  (Ctrl-C stops it)"; \
	  $(PY) -m http.server --bind 127.0.0.1 --directory site $(PORT) >/dev/null 2>&1 || true; \
	else echo "The guide is in site/. Open it with: $(PY) -m http.server --bind 127.0.0.1 --directory site"; fi

test: .venv/ready node_modules/ready
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy & types=$$!; $(PY) -m recommender check; checked=$$?; wait $$types && exit $$checked
	$(PY) -m pytest $(PARALLEL)

# Every test, those with a long form in full: every page in the browser, every example.
prove: .venv/ready node_modules/ready
	SWEETSPOT_PROVE=1 $(PY) -m pytest $(PARALLEL)

# Lighthouse on the built site, as a phone sees it. Three runs of five page types take some minutes.
quality: site
	$(PY) tests/docs/lighthouse.py site

render: .venv/ready
	$(PY) -m render run

site: .venv/ready node_modules/ready
	$(PY) -m mkdocs build --strict --quiet

lint: .venv/ready
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# The virtual environment, rebuilt when a dependency or its version changes. pip's own
# configuration (mirrors, proxies, wheels) is honoured: nothing here names an index.
.venv/ready: pyproject.toml constraints.txt hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, got " + sys.version.split()[0] + ". Set PYTHON=python3.x" if sys.version_info < (3, 11) else 0)'
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PY) render/announce_download.py
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt hatchling editables pydantic pyyaml
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@

# Others' JavaScript for the pages that compute, and for tests. Without a network it says so and
# leaves no mark, so the next run tries again.
node_modules/ready: package.json package-lock.json .npmrc docs/builder/install_vendor.py | .venv/ready
	@$(PY) docs/builder/install_vendor.py

# The versions of everything that is installed, for constraints.txt.
constraints: .venv/ready
	$(PY) -m pip freeze --exclude-editable | sed '/^sweetspot/d; s/+cpu\>//' > constraints.txt

clean:
	rm -rf .venv node_modules .cache site
