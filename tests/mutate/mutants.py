"""The mutants of a file: what clang's AST makes of it, changed in one place.

A mutant is (offset, length, replacement), and has a name that outlives changes
elsewhere: its function, the text of its lines before, and after."""

import json
import re
import subprocess
from collections import namedtuple

Mutant = namedtuple("Mutant", "offset length text name")

COMPARISONS = {
    "<": ["<=", ">="],
    "<=": ["<", ">"],
    ">": [">=", "<="],
    ">=": [">", "<"],
    "==": ["!="],
    "!=": ["=="],
}
OPERATORS = {
    **COMPARISONS,
    "+": ["-"],
    "-": ["+"],
    "*": ["/"],
    "/": ["*"],
    "%": ["*"],
    "&&": ["||"],
    "||": ["&&"],
    "&": ["|"],
    "|": ["&"],
    "^": ["&"],
    "<<": [">>"],
    ">>": ["<<"],
    "+=": ["-="],
    "-=": ["+="],
    "*=": ["/="],
    "/=": ["*="],
    "&=": ["|="],
    "|=": ["&="],
    "^=": ["&="],
    "<<=": [">>="],
    ">>=": ["<<="],
}
BINARY = ("BinaryOperator", "CompoundAssignOperator")
# Where the condition is among the children of a node.
CONDITIONS = {
    "IfStmt": 0,
    "WhileStmt": 0,
    "ConditionalOperator": 0,
    "DoStmt": 1,
    "ForStmt": 2,
}
BODIES = {
    "IfStmt": slice(1, None),
    "WhileStmt": slice(1, None),
    "DoStmt": slice(0, 1),
    "ForStmt": slice(4, None),
    "CompoundStmt": slice(0, None),
    "CaseStmt": slice(1, None),
    "DefaultStmt": slice(0, None),
}
# What is compared, put in parentheses or converted stands for itself.
WRAPPERS = ("ParenExpr", "ImplicitCastExpr")


def syntax(file, source, flags):
    """The declarations of names with smh in them, as the compiler sees them
    from source; each place with the name of its file, which clang leaves out
    where it is the same as in the place before."""
    text = subprocess.run(
        ["clang", "-fsyntax-only", "-w", *flags, source]
        + ["-Xclang", "-ast-dump=json", "-Xclang", "-ast-dump-filter=smh"],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout.decode()
    decoder = json.JSONDecoder()
    last = [None]

    def name_files(node):
        if isinstance(node, list):
            for child in node:
                name_files(child)
        elif isinstance(node, dict):
            if "offset" in node:
                last[0] = node.setdefault("file", last[0])
            for child in node.values():
                name_files(child)

    at = text.find("{")
    while at >= 0:
        node, end = decoder.raw_decode(text, at)
        name_files(node)
        yield node
        at = text.find("{", end)


class Maker:
    """Makes the mutants of one file."""

    def __init__(self, file):
        self.file = file
        self.code = open(file, "rb").read()
        self.seen = set()
        self.names = {}
        self.mutants = []
        self.function = None

    def place(self, where):
        """Offset and length of a token that is spelled in the file, or of the
        macro that stands there for it."""
        if "expansionLoc" in where:
            expansion = where["expansionLoc"]
            spelled = expansion.get("isMacroArgExpansion")
            where = where["spellingLoc"] if spelled else expansion
        if "offset" not in where or not where["file"].endswith(self.file):
            return None
        return where["offset"], where["tokLen"]

    def span(self, node):
        """From the first byte of a node to the one behind its last."""
        ends = node.get("range", {})
        begin = self.place(ends.get("begin", {}))
        end = self.place(ends.get("end", {}))
        if begin is None or end is None or end[0] < begin[0]:
            return None
        return begin[0], end[0] + end[1]

    def text(self, span):
        return self.code[span[0] : span[1]].decode()

    def add(self, begin, end, text):
        if (begin, end, text) in self.seen:
            return
        self.seen.add((begin, end, text))
        first = self.code.rfind(b"\n", 0, begin) + 1
        last = self.code.find(b"\n", end)
        before = self.text((first, last))
        after = self.text((first, begin)) + text + self.text((end, last))
        before, after = (" ".join(t.split()) for t in (before, after))
        name = "%s | %s | %s" % (self.function, before, after)
        n = self.names[name] = self.names.get(name, 0) + 1
        if n > 1:
            name += " #%d" % n
        self.mutants.append(Mutant(begin, end - begin, text, name))

    def walk(self, node, parent):
        kind = node.get("kind")
        if kind in BINARY:
            self.binary(node)
        elif kind == "UnaryOperator":
            self.unary(node)
        elif kind in ("IntegerLiteral", "CharacterLiteral"):
            index = parent["kind"] == "ArraySubscriptExpr"
            self.constant(node, 0 if index else -1)
        elif kind == "DeclRefExpr":
            if node["referencedDecl"]["kind"] == "EnumConstantDecl":
                self.constant(node)
        elif kind == "ReturnStmt":
            self.result(node)
        if kind in CONDITIONS:
            self.condition(node["inner"][CONDITIONS[kind]])
        if kind in BODIES:
            for statement in node["inner"][BODIES[kind]]:
                self.statement(statement, kind)
        for child in node.get("inner", []):
            self.walk(child, node)

    def binary(self, node):
        left, right = (self.span(child) for child in node["inner"])
        if left is None or right is None or left[1] > right[0]:
            return
        op = node["opcode"]
        between = self.text((left[1], right[0]))
        if not re.fullmatch(r"[\s)]*%s[\s(]*" % re.escape(op), between):
            return
        at = left[1] + between.index(op)
        for other in OPERATORS.get(op, []):
            self.add(at, at + len(op), other)

    def unary(self, node):
        span = self.span(node)
        op = node["opcode"]
        if span is None:
            return
        at = span[1] - len(op) if node.get("isPostfix") else span[0]
        if self.text((at, at + len(op))) != op:
            return
        if op in ("++", "--"):
            self.add(at, at + 2, "--" if op == "++" else "++")
        elif op in ("!", "~", "-"):
            self.add(at, at + 1, "")

    def constant(self, node, least=-1):
        """One more, one less, but no less than an index may be, and 0."""
        span = self.span(node)
        if span is None:
            return
        text = self.text(span)
        number = re.fullmatch(r"([0-9]+)([uUlL]*)", text)
        if number is not None:
            value = int(number[1])
            others = {value + 1, max(value - 1, least), 0} - {value}
            for other in sorted(others):
                self.add(*span, "%d%s" % (other, number[2]))
        elif re.fullmatch(r"0x[0-9a-fA-F]+[uUlL]*|'.*'|\w+", text):
            if text != "NULL":
                self.add(*span, "(%s + 1)" % text)
                self.add(*span, "(%s - 1)" % text)

    def result(self, node):
        value = node.get("inner", [None])[0]
        span = value and self.span(value)
        if not span:
            return
        text = self.text(span)
        pointer = "*" in value["type"]["qualType"]
        if re.fullmatch(r"-?[0-9]+|[A-Z0-9_]+", text):
            return
        for other in ["NULL"] if pointer else ["0", "1"]:
            self.add(*span, other)

    def condition(self, node):
        span = self.span(node)
        while node.get("kind") in WRAPPERS:
            node = node["inner"][0]
        if span is None or node.get("opcode") in (*COMPARISONS, "!"):
            return  # there is another mutant that says the same
        self.add(*span, "!(%s)" % self.text(span))

    def statement(self, node, parent):
        kind = node.get("kind")
        simple = (
            kind in ("CallExpr", "BreakStmt", "ContinueStmt")
            or kind in BINARY
            or (kind == "UnaryOperator" and node["opcode"] in ("++", "--"))
            or (kind == "ReturnStmt" and parent != "CompoundStmt")
        )
        span = self.span(node)
        if simple and span is not None:
            self.add(*span, "")


def mutants(file, source, flags):
    """All mutants of file, which is included by source, in its order."""
    maker = Maker(file)
    for node in syntax(file, source, flags):
        children = [c for c in node.get("inner", []) if c.get("kind")]
        body = node["kind"] == "VarDecl" or (
            node["kind"] == "FunctionDecl"
            and children
            and children[-1]["kind"] == "CompoundStmt"
        )
        if body and maker.span(node) is not None:
            maker.function = node["name"]
            maker.walk(node, node)
    return sorted(maker.mutants)
