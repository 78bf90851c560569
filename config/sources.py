"""The sources of settings: the environment over a file ``.env``, and files with secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from domain.errors import InvalidInput

logger = logging.getLogger(__name__)

PREFIX = "LANNER_"
PROVIDERS = "LANNER_PROVIDERS__"
SECRET_WORDS = ("key", "token", "secret", "password", "passphrase", "credential")

_SECRETS = frozenset(
    {
        *("LANNER_DATABASE_URL", "LANNER_BROKER_URL", "LANNER_SESSION_SECRET", "LANNER_WEBHOOK_SECRET"),
        *("LANNER_HTTP_PROXY", "LANNER_HTTPS_PROXY"),
    }
)
_FILE = "_FILE"
_MOST_BYTES = 64 * 1024
#: Variables that Kubernetes adds to every pod for each service whose name begins with lanner.
_SERVICE_LINK = re.compile(
    r"LANNER_(?:[A-Z0-9]*_)*(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
_LINKED_PORT = re.compile(r"(?:tcp|udp|sctp)://\S+")


#: Old names of settings → today's.
RENAMED = {
    "LANNER_GIVE_UP_SECONDS": "LANNER_RETRY_FOR_SECONDS",
    "LANNER_SWEEP_SECONDS": "LANNER_POLL_SECONDS",
    "LANNER_STOP_SECONDS": "LANNER_SHUTDOWN_TIMEOUT_SECONDS",
}


#: Settings → variables of other programs that count where the setting is not set, in this order.
OF_OTHERS = {
    "LANNER_HTTP_PROXY": ("http_proxy", "HTTP_PROXY"),
    "LANNER_HTTPS_PROXY": ("https_proxy", "HTTPS_PROXY"),
    "LANNER_NO_PROXY": ("no_proxy", "NO_PROXY"),
    "LANNER_CA_FILE": ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
}


@dataclass(frozen=True, slots=True)
class Given:
    """
    The text of a setting, and its source.

    Attributes:
        other_name: the old name, or another program's, that was used, instead of the setting's own or besides.
        overridden: whether the old name has another text, which is ignored.

    """

    text: str
    source: str
    other_name: str = ""
    overridden: bool = False


def gather(environment: Mapping[str, str], dotenv: Path | None) -> dict[str, Given]:
    """
    Return all variables of lanner's by their current name in capitals, known or not, without empty ones.

    The environment overrides the file, also under an old name; where one of them has both names, the new one counts.

    Raises:
        InvalidInput: a name is set twice, or a file cannot be read; the message names the variable, never its value.

    """
    own = {name: value for name, value in environment.items() if name.upper().startswith(PREFIX) and not _is_service_link(name, value)}
    layers: list[tuple[Mapping[str, str], Mapping[str, str], str]] = [(environment, own, "environment")]
    if dotenv is not None:
        from config.env_file import read_env_file

        content = read_env_file(dotenv)
        layers.append((content, content, str(dotenv)))
    found: dict[str, Given] = {}
    for _, texts, source in layers:
        found = {**_layer(texts, source=source), **found}
    for texts, _, source in layers:
        found = {**_of_others(texts, source), **found}
    return found


@cache
def warn_of_old_name(name: str, given: Given) -> None:
    """Log once that a setting has a new name."""
    used = f"{name} is set to another value, which counts" if given.overridden else f"set {name} in its place"
    logger.warning("setting renamed", extra={"setting": given.other_name, "renamed_to": name, "hint": used, "source": given.source})


def is_secret(name: str) -> bool:
    """Return whether a setting may be a secret."""
    option = name.removeprefix(PROVIDERS).partition("__")[2] if name.startswith(PROVIDERS) else ""
    return name in _SECRETS or any(word in option.lower() for word in SECRET_WORDS)


def _is_service_link(name: str, value: str) -> bool:
    if name.upper().startswith(PROVIDERS):
        return False
    return bool(_SERVICE_LINK.fullmatch(name)) or (name.endswith("_PORT") and bool(_LINKED_PORT.fullmatch(value)))


def _of_others(texts: Mapping[str, str], source: str) -> dict[str, Given]:
    used = {setting: next((name for name in names if texts.get(name, "").strip()), "") for setting, names in OF_OTHERS.items()}
    return {setting: Given(texts[name].strip(), source, other_name=name) for setting, name in used.items() if name}


def _layer(texts: Mapping[str, str], *, source: str) -> dict[str, Given]:
    found: dict[str, Given] = {}
    for name, text in texts.items():
        upper = name.upper()
        if not upper.startswith(PREFIX):
            continue
        if found.setdefault(upper, Given(text.strip(), source)).text != text.strip():
            raise InvalidInput(f"{upper} is set twice, in capitals and in small letters, to different values.", field=upper)
    found = {name: given for name, given in found.items() if given.text}
    for name in [name for name in found if name.endswith(_FILE) and is_secret(name.removesuffix(_FILE))]:
        base = name.removesuffix(_FILE)
        if base in found:
            raise InvalidInput(f"{base} and {name} are both set.", field=name, hint="Set one of them.")
        file = found.pop(name).text
        found[base] = Given(_content(name, Path(file)), f"file {file}")
    for old in RENAMED.keys() & found.keys():
        given = found.pop(old)
        new = found.setdefault(RENAMED[old], given)
        found[RENAMED[old]] = replace(new, other_name=old, overridden=new.text != given.text)
    return found


def _content(name: str, file: Path) -> str:
    try:
        with file.expanduser().open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        text = content.decode("utf-8-sig").strip()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its home folder is unknown"
        raise InvalidInput(f"{name} names {file}, which cannot be read: {reason}.", field=name) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name} names {file}, which is not UTF-8.", field=name) from error
    if not text or len(content) > _MOST_BYTES:
        reason = "is empty" if not text else f"is larger than {_MOST_BYTES} bytes"
        raise InvalidInput(f"{name} names {file}, which {reason}.", field=name, hint="The file must contain the secret and nothing else.")
    return text
