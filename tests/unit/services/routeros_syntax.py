"""A small strict reader of RouterOS scripts: enough to refuse what its console would, for the lines that we generate.

Statements begin with a known menu or command; strings, brackets and braces close; each `find` says what it looks for,
and what fails on nothing found (`get`, `:pick`, `place-before`) stands behind a test of `:len`. Scripts in strings are
read, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MENUS = (
    "/file", "/interface", "/interface wireguard", "/interface wireguard peers", "/interface l2tp-client",
    "/ip address",
    "/ip firewall address-list", "/ip firewall filter", "/ip firewall mangle",
    "/ip hotspot", "/ip hotspot host", "/ip hotspot ip-binding",
    "/ip hotspot profile", "/ip hotspot user profile", "/ip hotspot walled-garden", "/ip hotspot walled-garden ip",
    "/ip route", "/ipv6 firewall filter", "/ipv6 nd", "/ppp aaa", "/ppp profile", "/queue simple", "/queue tree",
    "/queue type", "/radius", "/radius incoming", "/system identity", "/system ntp client", "/system package",
    "/system resource",
    "/system scheduler", "/system script", "/tool", "/tool netwatch",
)  # fmt: skip
VERBS = frozenset("add set remove enable disable find get print run fetch".split())
COMMANDS = frozenset(
    ":if :foreach :while :do :local :global :set :put :log :error :execute :len :pick :find :typeof :tonum".split()
)
SCRIPT = re.compile(r"\b(?:source|script|on-event|up-script|down-script)=$")
NEEDS_RESULT = re.compile(r"(?:\bget|:pick|place-before=)")
ESCAPES = frozenset('"\\$?nrt_')
CLOSING = {"[": "]", "{": "}", "(": ")"}


class SyntaxFault(AssertionError):
    """What the console would not take, with the text around it."""


@dataclass
class Reader:
    """Goes through one script; `guarded` are the finds that an enclosing `:if` has tested for a result."""

    text: str
    at: int = 0
    guarded: tuple[str, ...] = ()
    strings: list[str] = field(default_factory=list)

    def fault(self, problem: str) -> SyntaxFault:
        return SyntaxFault(f"{problem}: …{self.text[max(0, self.at - 60) : self.at + 60]!r}")

    def statements(self, until: str = "") -> None:
        """Statements to the end, or to the bracket that closes them."""
        while True:
            self.skip_blank()
            if self.at >= len(self.text):
                if until:
                    raise self.fault(f"{until} is missing")
                return
            if until and self.text[self.at] == until:
                self.at += 1
                return
            if self.text[self.at] == "#":
                self.at = self.text.find("\n", self.at) % (len(self.text) + 1)
                continue
            self.statement(until)

    def skip_blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \n;":
            self.at += 1

    def statement(self, until: str) -> None:
        begin = self.at
        self.check_head(until)
        outer, guard = self.guarded, ""
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in "\n;" or character == until:
                break
            if character == '"':
                self.string()
            elif character in CLOSING:
                inside = self.at + 1
                self.guarded = (*outer, guard) if character == "{" and guard else outer
                self.at += 1
                if character == "(":
                    self.expression()
                else:
                    self.statements(CLOSING[character])
                body = self.text[inside : self.at - 1]
                if character == "(" and self.text[begin:inside].startswith(":if"):
                    guard = body
                if character == "[":
                    self.check_find(begin, inside, body)
            elif character in "]})":
                raise self.fault(f"{character} closes nothing")
            else:
                self.at += 1
        self.guarded = outer

    def expression(self) -> None:
        """What stands in parentheses: values, operators, commands in brackets."""
        while True:
            if self.at >= len(self.text) or self.text[self.at] == "\n":
                raise self.fault(") is missing")
            character = self.text[self.at]
            if character == ")":
                self.at += 1
                return
            if character == '"':
                self.string()
                continue
            self.at += 1
            if character == "(":
                self.expression()
            elif character == "[":
                inside = self.at
                self.statements("]")
                self.check_find(inside, inside, self.text[inside : self.at - 1])
            elif character in "]}{":
                raise self.fault(f"{character} does not belong into an expression")

    def string(self) -> None:
        """A string in double quotes; kept as it reads after its escapes. One that is a script is read as such."""
        begin = self.at
        self.at += 1
        found = ""
        while True:
            if self.at >= len(self.text):
                raise self.fault('" is missing')
            character = self.text[self.at]
            self.at += 1
            if character == '"':
                break
            if character == "\n":
                raise self.fault("a string goes over a line's end")
            found += self.escape() if character == "\\" else character
        self.strings.append(found)
        if SCRIPT.search(self.text[:begin]):
            checked(found)

    def escape(self) -> str:
        character = self.text[self.at]
        if character == "\n":
            self.at += 1
            while self.text[self.at] == " ":
                self.at += 1
            return ""
        if re.fullmatch(r"[0-9A-F]{2}", self.text[self.at : self.at + 2]):
            octet = self.text[self.at : self.at + 2]
            self.at += 2
            return chr(int(octet, 16))
        if character not in ESCAPES:
            raise self.fault(f"\\{character} is no escape")
        self.at += 1
        return {"n": "\n", "r": "\r", "t": "\t", "_": " "}.get(character, character)

    def check_head(self, until: str) -> None:
        """The first words: a menu with a verb, a command, or within brackets a bare `find` of the menu around."""
        head = self.text[self.at :]
        if head.startswith(":"):
            word = re.match(r":\w+", head)
            if word is None or word.group() not in COMMANDS:
                raise self.fault("no known command")
        elif head.startswith("/ping "):  # a command of the root menu
            return
        elif head.startswith("/"):
            path = re.match(r"(/[a-z0-9-]+(?: [a-z0-9-]+)*?) (" + "|".join(sorted(VERBS)) + r")\b", head)
            if path is None or path.group(1) not in MENUS:
                raise self.fault("no known menu and verb")
        elif not (until == "]" and re.match(r"(?:find where|\$\w+)\b", head)):
            raise self.fault("begins with neither menu nor command")

    def check_find(self, begin: int, inside: int, body: str) -> None:
        """A `find` in brackets says what it looks for, and a result that is needed was tested for."""
        if "/" in body[:1]:
            found = re.match(r"(/[a-z0-9 -]+?) find\b(.*)", body, re.DOTALL)
        else:
            found = re.match(r"()find\b(.*)", body, re.DOTALL)
        if found is None:
            return
        if not found.group(2).startswith(" where "):
            raise self.fault("find without where")
        needs = NEEDS_RESULT.search(self.text[begin:inside].rpartition("{")[2])
        if needs and not any(found.group(2).strip() in one and ":len" in one for one in self.guarded):
            raise self.fault(f"nothing tests that this find has a result: {body}")


def checked(text: str) -> list[str]:
    """Read a script; gives its strings after their escapes. Raises `SyntaxFault`."""
    if not text.isascii():
        raise SyntaxFault("the console knows ASCII alone")
    reader = Reader(text)
    reader.statements()
    return reader.strings
