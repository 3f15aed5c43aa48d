// Seeds: tests/fuzz/seeds/manifest_*
#include "io/checkpoint/manifest.h"
#include "tests/fuzz/read_bytes.h"

namespace {

// What stands behind the mark and the hash, which would stop anything new.
void read_manifest(std::string_view bytes, const std::string& where) {
  tutti::checkpoint::Manifest manifest;
  if (!manifest.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const auto read = tutti::parse_manifest(tutti::sealed(manifest), where);
  (void)tutti::to_config(read.state());
  (void)tutti::to_config(read.about());
}

}  // namespace

TUTTI_FUZZ_READER(read_manifest)
