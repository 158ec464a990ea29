# Videorama, for one process or for web, worker and clock apart: what runs is the command.
# Build: docker build --build-arg UID=$(id -u) --build-arg GID=$(id -g) -t videorama .
FROM python:3.13-slim AS packages

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/videorama
COPY requirements.txt /tmp/requirements.txt
# Everything comes as wheels, ffmpeg and node among them; nothing is compiled.
RUN /opt/videorama/bin/python -m pip install --only-binary :all: -r /tmp/requirements.txt


FROM python:3.13-slim

# tini reaps what downloads leave behind and passes signals on.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*

# Whoever owns the media outside; files that are made belong to them.
ARG UID=1000
ARG GID=1000
RUN groupadd --non-unique --gid "$GID" videorama \
    && useradd --non-unique --no-log-init --uid "$UID" --gid "$GID" \
        --home-dir /data --no-create-home --shell /usr/sbin/nologin videorama \
    && install -d -o videorama -g videorama -m 0750 /data /media /data/static /var/log/videorama

COPY --from=packages /opt/videorama /opt/videorama
WORKDIR /srv/videorama
COPY manage.py CHANGELOG.md LICENSE ./
COPY deploy/healthy.py deploy/self_signed.py deploy/
COPY videorama videorama
COPY library library
COPY imports imports
COPY analytics analytics
COPY templates templates
COPY static static
COPY locale locale
RUN /opt/videorama/bin/python -m compileall -q videorama library imports analytics

ENV PATH=/opt/videorama/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    VIDEORAMA_DATA=/data \
    VIDEORAMA_ROOTS=media=/media

USER ${UID}:${GID}
VOLUME ["/data", "/media"]
EXPOSE 8000
STOPSIGNAL SIGTERM
# Without curl. Only of what serves: workers and clock have checks of their own in compose.yaml.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "deploy/healthy.py"]
ENTRYPOINT ["tini", "--", "python", "manage.py"]
CMD ["serve"]
