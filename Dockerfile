# The service on the city's own machine. Build: docker build -t madoguchi .   Run: see compose.yaml.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements/runtime.txt requirements/runtime.txt
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/runtime.txt
COPY . .
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM python:3.11-slim-bookworm
# For `madoguchi menus`: letters of every language that the menus under the chat are drawn in.
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-noto-cjk fonts-lohit-deva fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --create-home --uid 10001 madoguchi && install -d -o madoguchi /var/lib/madoguchi
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    OMP_NUM_THREADS=1 \
    PYTHONUNBUFFERED=1 \
    MADOGUCHI_DATA_DIR=/var/lib/madoguchi \
    MADOGUCHI_HTTP__HOST=0.0.0.0 \
    MADOGUCHI_LOG__JSON_LINES=true
USER madoguchi
WORKDIR /var/lib/madoguchi
VOLUME /var/lib/madoguchi
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["madoguchi", "serve"]
