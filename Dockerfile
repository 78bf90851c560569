FROM python:3.11-slim AS build

RUN python -m venv /opt/lanner
ENV PATH=/opt/lanner/bin:$PATH
WORKDIR /src
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . ./
RUN pip install --no-cache-dir --no-deps --no-build-isolation .


FROM python:3.11-slim

COPY --from=build /opt/lanner /opt/lanner
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/lanner --shell /usr/sbin/nologin lanner \
    && install --directory --owner lanner --group lanner --mode 0700 /var/lib/lanner

# The root file system may be mounted read-only: all that lanner writes lies in its data folder and in /tmp.
ENV PATH=/opt/lanner/bin:$PATH \
    LANNER_DATA_DIR=/var/lib/lanner \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /var/lib/lanner
USER 10001:10001
VOLUME /var/lib/lanner
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["lanner", "health", "api"]
CMD ["lanner", "up"]
