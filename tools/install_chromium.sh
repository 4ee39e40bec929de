#!/bin/sh
# The browser tests want Debian's chromium. Install it where that is possible; without it those tests skip and say so.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium poppler-utils fonts-dejavu-core; } >/dev/null 2>&1 \
    || echo "chromium could not be installed; the browser tests will skip" >&2
else
  echo "chromium is absent; the browser tests will skip" >&2
fi
exit 0
