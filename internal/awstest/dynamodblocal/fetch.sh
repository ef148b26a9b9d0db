#!/bin/sh
# Fills a folder with DynamoDB Local, its libraries and the compiled launcher, and prints the folder's absolute path.
# The folder is $PROMPTZ_TEST_DYNAMODB or else .cache/dynamodblocal under the repository's root.
# Asks the network for nothing when the folder already holds what pom.xml names. Needs mvn and javac.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${PROMPTZ_TEST_DYNAMODB:-$here/../../../.cache/dynamodblocal}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# The copies of pom.xml and Main.java are written last: they vouch for what was made from them.
if ! cmp -s "$here/pom.xml" "$dir/pom.xml"; then
  rm -rf "$dir/lib" "$dir/pom.xml" "$dir/Main.java"
  mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$dir/lib" >&2
  cp "$here/pom.xml" "$dir/pom.xml"
fi
if ! cmp -s "$here/Main.java" "$dir/Main.java"; then
  javac -cp "$dir/lib/*" -d "$dir/classes" "$here/Main.java" >&2
  cp "$here/Main.java" "$dir/Main.java"
fi
echo "$dir"
