#!/usr/bin/env python3
"""mutate.py FILE [--sample N] [--seed TEXT] [--only TEXT] [--at-least PERCENT]

Changes FILE in one place after another and runs the tests on each change.  A
mutant is killed if a test fails, or takes far longer than without it.  Not
counted are mutants that do not compile, whose programs are the same bytes as
without them, or that tests/mutate/*.equivalent lists: lines of

    function | lines before | lines after | why no test can tell

The order is that of a hash of seed and mutant, so a sample stays the same when
other places of the file change.  --only takes those whose function or lines
have that text.  FILE itself is not touched: the changed copy lies in a
directory that comes first in the include path, below $B/mutate."""

import argparse
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple

sys.dont_write_bytecode = True  # nothing is written beside the sources
import mutants

# A program of the tests, as make calls it, with NAME=VALUE for its environment.
Run = namedtuple("Run", "target setting")
# The sources that emit the file's code, and the tests, cheapest first.
Suite = namedtuple("Suite", "sources runs")


def unit(thin):
    return [
        Run("unit/%s/unit" % variant, "SMH_TEST_THIN=" + thin)
        for variant in ("default", "tight", "wide")
    ]


SUITES = {
    "smh_token.h": Suite(
        ["tests/unit/library.c", "tests/unit/narrow/narrow.c"],
        unit("97") + [Run("unit/narrow/narrow", "")] + unit("1"),
    ),
    "port/smh_mbedtls.h": Suite(
        ["tests/tls/library.c", "tests/tls/silent.c", "tests/contract/port.c"],
        [
            Run("tls/test_faults", ""),
            Run("tls/test_certificates", ""),
            Run("tls/test_tls", ""),
            Run("tls/test_heap", ""),
            Run("contract/mbedtls", "CONTRACT_BUFFER=0"),
            Run("contract/mbedtls", "CONTRACT_BUFFER=1"),
            Run("contract/mbedtls", "CONTRACT_BUFFER=16384"),
        ],
    ),
}

WORKERS = 2
BASE = os.path.join(os.environ.get("B", "build"), "mutate")
# What a test may take: CPU as without the mutant and time on a busy machine.
CPU_TIMES, TIMES = 3, 10


def fail(text):
    sys.exit("mutate: " + text)


def make(*words):
    return subprocess.run(
        ["make", "-s", "--no-print-directory", *words],
        stdout=subprocess.PIPE,
        check=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
    ).stdout.decode()


class Bench:
    """The tests of a file, compiled, and the commands that compile anew what
    depends on it."""

    def __init__(self, file):
        self.file = file
        self.suite = SUITES[file]
        self.dir = os.path.join(BASE, os.path.basename(file))
        self.place = {run: self.target(run) for run in self.suite.runs}
        words = [
            "B=" + self.dir,
            "CC=gcc",
            "CFLAGS=-O2 -w -iquote %s/changed" % self.dir,
        ]
        built = [*set(self.place.values()), self.dir + "/tls/pki/ca.pem"]
        make("-j%d" % WORKERS, *words, *built)
        anew = [w for source in self.suite.sources for w in ("-W", source)]
        self.commands = {
            target: make("-n", *words, *anew, target)
            .replace("\\\n", " ")
            .splitlines()
            for target in set(self.place.values())
        }
        self.made = {
            made
            for commands in self.commands.values()
            for made in re.findall(r" -o (\S+)", "\n".join(commands))
        }
        self.limits = {run: self.measure(run) for run in self.suite.runs}

    def target(self, run):
        return os.path.join(self.dir, run.target)

    def measure(self, run):
        before, began = os.times(), time.monotonic()
        if not self.passes(self.place[run], run, (600, 600)):
            fail("%s fails without a mutant" % self.place[run])
        after = os.times()
        cpu = after.children_user - before.children_user
        cpu += after.children_system - before.children_system
        return 2 + int(CPU_TIMES * cpu), 5 + TIMES * (time.monotonic() - began)

    def passes(self, program, run, limits):
        environment = {
            "CMOCKA_TEST_ABORT": "1",
            "LD_BIND_NOW": "1",
            "SMH_PKI": self.dir + "/tls/pki",
        }
        limit = "ulimit -c 0; ulimit -t %d; %s exec %s"
        child = subprocess.Popen(
            ["sh", "-c", limit % (limits[0], run.setting, program)],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return child.wait(limits[1]) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()


class Worker:
    """Tries one mutant after another in a directory of its own."""

    def __init__(self, bench, number):
        self.bench = bench
        self.dir = "%s/%d" % (bench.dir, number)
        self.changed = os.path.join(
            self.dir, "changed", os.path.basename(bench.file)
        )
        os.makedirs(os.path.dirname(self.changed), exist_ok=True)
        for made in bench.made:
            os.makedirs(os.path.dirname(self.mine(made)), exist_ok=True)
        if self.attempt(read(bench.file)) != "same":
            fail("%s: unchanged, it is not the same" % bench.file)

    def mine(self, text):
        return text.replace(self.bench.dir, self.dir)

    def build(self, target, done):
        """Compiles what depends on the file and is not yet done; False if it
        does not compile."""
        for command in self.bench.commands[target]:
            if command not in done and not self.call(command):
                return False
            done.add(command)
        return True

    def call(self, command):
        for name in [*self.bench.made, self.bench.dir + "/changed"]:
            word = re.escape(name) + r"(?=\s|$)"
            command = re.sub(word, self.mine(name), command)
        child = subprocess.run(
            ["sh", "-c", command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return child.returncode == 0

    def attempt(self, code):
        """killed, survived, same (as without the mutant), or broken."""
        with open(self.changed, "wb") as file:
            file.write(code)
        same, done = {}, set()
        for run in self.bench.suite.runs:
            target = self.bench.place[run]
            if target not in same:
                if not self.build(target, done):
                    return "broken"
                same[target] = read(target) == read(self.mine(target))
            if same[target]:
                continue
            limits = self.bench.limits[run]
            if not self.bench.passes(self.mine(target), run, limits):
                return "killed"
        return "same" if all(same.values()) else "survived"


def read(name):
    with open(name, "rb") as file:
        return file.read()


class Trial:
    """A sample of mutants, shared by the workers."""

    def __init__(self, code, order, listed, wanted):
        self.code = code
        self.order = iter(order)
        self.listed = listed
        self.wanted = wanted
        self.lock = threading.Condition()
        self.running = 0
        self.failed = None
        self.by = {k: [] for k in ("killed", "survived", "same", "broken")}
        self.by["listed"] = []
        self.wrong = []

    def counted(self):
        return len(self.by["killed"]) + len(self.by["survived"])

    def next(self):
        """The next one, or None.  None more than wanted is begun, so that the
        sample does not depend on which worker is faster."""
        with self.lock:
            while self.running and self.counted() + self.running >= self.wanted:
                self.lock.wait()
            if self.failed or self.counted() >= self.wanted:
                return None
            mutant = next(self.order, None)
            if mutant is not None:
                self.running += 1
            return mutant

    def note(self, mutant, verdict):
        with self.lock:
            if mutant.name in self.listed:
                if verdict == "killed":
                    self.wrong.append(mutant.name)
                verdict = "listed"
            self.by[verdict].append(mutant.name)
            self.running -= 1
            self.lock.notify_all()
            if verdict == "survived":
                print("# survived: " + mutant.name, file=sys.stderr)
            done = self.counted()
            if sys.stderr.isatty() or (verdict == "killed" and done % 50 == 0):
                progress(done, self.wanted)

    def work(self, worker):
        try:
            mutant = self.next()
            while mutant is not None:
                code = (
                    self.code[: mutant.offset]
                    + mutant.text.encode()
                    + self.code[mutant.offset + mutant.length :]
                )
                self.note(mutant, worker.attempt(code))
                mutant = self.next()
        except Exception as error:
            with self.lock:
                self.failed = error
                self.running -= 1
                self.lock.notify_all()

    def run(self, workers):
        threads = [
            threading.Thread(target=self.work, args=(worker,), daemon=True)
            for worker in workers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failed:
            raise self.failed


def say(text):
    print(text, flush=True)


def progress(counted, wanted):
    end = "\r" if sys.stderr.isatty() else "\n"
    print("# %d of %d" % (counted, wanted), end=end, file=sys.stderr)


def equivalents(file):
    """The names that are listed, without their reasons."""
    name = "tests/mutate/%s.equivalent" % os.path.basename(file)
    listed = set()
    for line in open(name) if os.path.exists(name) else []:
        if line.strip() and not line.startswith("#"):
            words, bar, why = line.strip().rpartition(" | ")
            if words.count(" | ") < 2 or not why:
                fail("%s: want function | before | after | why" % line)
            listed.add(words)
    return listed


def report(file, trial, least):
    """The result as a line of TAP, below what is wrong; True if it is good."""
    counted = trial.counted()
    killed = len(trial.by["killed"])
    share = 100 * killed / counted if counted else 0
    good = share >= least and not trial.wrong
    for name in sorted(trial.by["survived"]):
        say("# survived: " + name)
    for name in trial.wrong:
        say("# listed as equivalent, but killed: " + name)
    say(
        "%sok 1 - %s: %d of %d mutants killed, %.1f %% (want %g); not counted:"
        " %d of the same code, %d equivalent, %d that do not compile"
        % (
            "" if good else "not ",
            file,
            killed,
            counted,
            share,
            least,
            *(len(trial.by[k]) for k in ("same", "listed", "broken")),
        )
    )
    return good


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("file", choices=SUITES)
    parser.add_argument("--sample", type=int, default=10**9)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", default="")
    parser.add_argument("--at-least", type=float, default=100)
    return parser.parse_args()


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    want = arguments()
    listed = equivalents(want.file)
    source = SUITES[want.file].sources[0]
    all_of_it = mutants.mutants(want.file, source, ["-I.", "-Iport"])
    stale = listed - {mutant.name for mutant in all_of_it}
    if stale:
        fail("listed, but no mutant:\n" + "\n".join(sorted(stale)))
    order = sorted(
        (m for m in all_of_it if want.only in m.name),
        key=lambda m: hashlib.sha256((want.seed + m.name).encode()).digest(),
    )
    say("1..1")
    wanted = min(want.sample, len(order))
    say("# %d mutants of %s, want %d" % (len(order), want.file, wanted))
    bench = Bench(want.file)
    trial = Trial(read(want.file), order, listed, wanted)
    trial.run([Worker(bench, number) for number in range(WORKERS)])
    sys.exit(not report(want.file, trial, want.at_least))


if __name__ == "__main__":
    main()
