#!/usr/bin/env bash
# Draws docs/demo.png anew from what make demo prints. Needs chromium; the
# picture shows the head of the map, its decoys and the totals.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
COLUMNS=200 bin/minesweep demo >"$dir/map.txt" 2>"$dir/said.txt"
{
	echo '<!doctype html><meta charset="utf-8"><style>body{margin:0;background:#14161b}'
	echo 'pre{margin:18px;font:13px/1.35 "DejaVu Sans Mono",monospace;color:#d5d9e0}</style><pre>'
	{
		echo '$ make demo'
		cat "$dir/said.txt"
		head -n 36 "$dir/map.txt"
		echo ' …'
		grep -m 3 ' decoy ' "$dir/map.txt"
		tail -n 10 "$dir/map.txt"
	} | cut -c 1-216 | sed 's/&/\&amp;/g; s/</\&lt;/g'
	echo '</pre>'
} >"$dir/map.html"
chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
	--disable-component-update --disable-sync --user-data-dir="$dir/profile" --hide-scrollbars \
	--window-size=1760,960 --screenshot="$PWD/docs/demo.png" "file://$dir/map.html" 2>/dev/null
