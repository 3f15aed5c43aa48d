// A study file: its space, its job at the bounds, what it counts and tries first.
// Seeds: tests/fuzz/seeds/study_*
#include "core/layers/deferred_weights.h"
#include "launch/sweep/study_file.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void read(std::string_view text, const char*) {
  tutti::fuzz::FewFiles files({{"study.yaml", std::string(text)}});
  const tutti::Replace<tutti::FileSystem> replaced(files);
  const tutti::DeferredWeights never_drawn;
  tutti::read_study_file("study.yaml");
}

}  // namespace

TUTTI_FUZZ_READER(read)
