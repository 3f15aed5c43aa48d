// What a run's report is made from.
// Seeds: tests/fuzz/seeds/training_record_*
#include "launch/report/training_record.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void read(std::string_view bytes, const char*) {
  tutti::fuzz::FewFiles files({{"training_record.jsonl", std::string(bytes)}});
  const tutti::Replace<tutti::FileSystem> replaced(files);
  tutti::read_training_record("training_record.jsonl");
}

}  // namespace

TUTTI_FUZZ_READER(read)
