# Two stages: the first installs the locked dependencies, the second carries only what runs.
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/sync
# requirements-kubernetes.lock adds what a pod per run needs.
ARG LOCK=requirements.lock
# The dependencies change rarely: their layer is cached until the lock file changes.
COPY ${LOCK} ./
RUN /opt/sync/bin/pip install --no-cache-dir --no-deps --require-hashes -r ${LOCK}
COPY pyproject.toml README.md dagster.yaml ./
COPY deploy/dagster.yaml ./deploy/dagster.yaml
COPY sync_pipeline ./sync_pipeline
COPY customers ./customers
RUN /opt/sync/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 sync \
    && install -d -o sync -g sync /var/lib/sync /etc/sync/customers /etc/sync/dagster
COPY --from=build /opt/sync /opt/sync
COPY workspace.yaml /etc/sync/workspace.yaml
COPY --chmod=755 deploy/with-password /usr/local/bin/with-password
ENV PATH=/opt/sync/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SYNC_HOME=/var/lib/sync \
    SYNC_CUSTOMERS=/etc/sync/customers
USER sync
WORKDIR /etc/sync
EXPOSE 3000
ENTRYPOINT ["sync-pipeline"]
CMD ["--help"]
