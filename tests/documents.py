"""README.md and docs/, as tests read them: their blocks of code, links, tables and paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Document:
    """A page of documentation."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def blocks(self) -> list[tuple[str, str]]:
        """Kind and text of each block of code, in order."""
        return re.findall(r"^```(\w+)\n(.*?)^```$", self.text, re.DOTALL | re.MULTILINE)

    def blocks_of(self, kind: str) -> list[str]:
        return [text for found, text in self.blocks if found == kind]

    @cached_property
    def prose(self) -> str:
        """What is outside the blocks of code."""
        return re.sub(r"^```.*?^```$", "", self.text, flags=re.DOTALL | re.MULTILINE)

    @cached_property
    def anchors(self) -> set[str]:
        """What a link can point to, as GitHub makes it of the headings."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


README = Document(ROOT / "README.md")
#: What is written for users, operators and developers; every command in it is run by a test.
DOCUMENTS = (README, *map(Document, sorted((ROOT / "docs").glob("*.md"))))
#: All pages.
PAGES = (*DOCUMENTS, *(Document(ROOT / name) for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")))
#: The text of README.md and docs/.
TEXT = "\n".join(document.text for document in DOCUMENTS)
