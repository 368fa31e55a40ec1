#!/usr/bin/env bash
# build-cpp-example.sh: builds wrappers/cpp/sum.cpp, unless that was done, and prints the program's path. Needs Debian's
# g++, protobuf-compiler-grpc and libgrpc++-dev.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for tool in g++ protoc grpc_cpp_plugin pkg-config; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install g++ pkg-config protobuf-compiler-grpc libgrpc++-dev" >&2; exit 1; }
done
sources=(schema/inference.proto wrappers/cpp/sum.cpp)
home="node_modules/.cache/skysail-cpp-example/$(cat "${sources[@]}" | cksum | tr ' ' -)"
if [ ! -x "$home/sum" ]; then
  fresh="$(mktemp -d)"
  trap 'rm -rf "$fresh"' EXIT
  protoc -I schema --cpp_out="$fresh" --grpc_out="$fresh" --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" inference.proto
  g++ -std=c++17 -O1 -I"$fresh" -o "$fresh/sum" wrappers/cpp/sum.cpp "$fresh"/inference.pb.cc "$fresh"/inference.grpc.pb.cc \
    $(pkg-config --cflags --libs grpc++ protobuf)
  mkdir -p "$home"
  mv "$fresh/sum" "$home/sum"
fi
echo "$PWD/$home/sum"
