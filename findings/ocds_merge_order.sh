#!/usr/bin/env bash
# ocdsmerge, the reference implementation of merging OCDS releases, and the order of their dates.
# Needs: bash, Python 3 with pip, a package registry. Takes less than a minute.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

cat <<'TEXT'
Package: ocdsmerge 0.8.0 from PyPI.
Input: two valid releases of one tender. The later one moves the end of the tender period.
Expected: the compiled release has what the later release says, by the instants of their dates.
Seen:
TEXT

cat >"$folder/merge.py" <<'PYTHON'
import sys
import warnings
from datetime import datetime
from importlib import metadata

import ocdsmerge

assert metadata.version("ocdsmerge") == "0.8.0"


def release(number, date, end):
    return {
        "ocid": "ocds-213czf-1",
        "id": number,
        "date": date,
        "tag": ["tender" if number == "1" else "tenderUpdate"],
        "initiationType": "tender",
        "tender": {"id": "1", "tenderPeriod": {"endDate": end}},
    }


OLD, NEW = "2026-11-16T12:00:00Z", "2026-11-30T12:00:00Z"
# What happens, the dates of the two releases, and which end the compiled release is known to have.
CASES = [
    ("both in one time zone", "2026-07-01T11:30:00Z", "2026-07-01T11:45:00Z", NEW),
    ("the buyer writes British time, the portal UTC",
     "2026-07-01T12:30:00+01:00", "2026-07-01T11:45:00Z", OLD),
    ("one system, in the hour in which clocks go back",
     "2026-10-25T01:40:00+01:00", "2026-10-25T01:10:00+00:00", OLD),
]

def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


warnings.simplefilter("error")
# No rules are needed: they are about arrays.
merger = ocdsmerge.Merger(merge_rules={})
same = True
for name, first, second, known in CASES:
    assert instant(first) < instant(second)
    releases = [release("1", first, OLD), release("2", second, NEW)]
    ends = set()
    for order in (releases, releases[::-1]):
        compiled = merger.create_compiled_release(order)
        ends.add(compiled["tender"]["tenderPeriod"]["endDate"])
    versions = merger.create_versioned_release(releases)["tender"]["tenderPeriod"]["endDate"]
    history = " then ".join(version["releaseID"] for version in versions)
    verdict = "the amendment" if ends == {NEW} else "the amendment is lost"
    print(f"  {name}: {first}, then {second}")
    print(f"    compiled: {', '.join(ends)} ({verdict}); versioned: release {history}")
    same &= ends == {known}
sys.exit(0 if same else 1)
PYTHON

PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --target "$folder/packages" \
    ocdsmerge==0.8.0 jsonref==1.1.0 requests==2.34.2
if PYTHONPATH="$folder/packages" python3 "$folder/merge.py"; then
    cat <<'TEXT'
So: dates are sorted as text. An amendment loses to what it amends, without a warning, as soon as the later
  instant has the earlier text: two systems with different offsets, or one in the hour after summer time.
TEXT
    echo "unchanged"
else
    echo "CHANGED: see the ends above"
    exit 1
fi
