#!/usr/bin/env bash
# Runs every fuzzer of the tree for FUZZTIME each (60s unless set), one after
# the other, and stops at the first finding.
set -euo pipefail
cd "$(dirname "$0")"
grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz ${file%/*} $name"
		go test -run xxx -fuzz "^$name\$" -fuzztime "${FUZZTIME:-60s}" "${file%/*}"
	done
done
