#!/bin/sh
# fetch.sh SOURCE TARGET fills the folder TARGET with the libraries that SOURCE/pom.xml names and with the compiled
# launcher SOURCE/Main.java, and prints TARGET's absolute path.
# Asks the network for nothing when TARGET already holds what pom.xml names. Needs mvn and javac.
set -eu
here=$(cd "$1" && pwd)
mkdir -p "$2"
dir=$(cd "$2" && pwd)

# The copies of pom.xml and Main.java are written last: they vouch for what was made from them.
if ! cmp -s "$here/pom.xml" "$dir/pom.xml"; then
  rm -rf "$dir/lib" "$dir/pom.xml" "$dir/Main.java"
  mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$dir/lib" >&2
  cp "$here/pom.xml" "$dir/pom.xml"
fi
if ! cmp -s "$here/Main.java" "$dir/Main.java"; then
  rm -rf "$dir/classes" "$dir/Main.java"
  javac -cp "$dir/lib/*" -d "$dir/classes" "$here/Main.java" >&2
  cp "$here/Main.java" "$dir/Main.java"
fi
echo "$dir"
