// Seeds: tests/fuzz/seeds/csv_*
#include "io/formats/csv.h"

#include "tests/fuzz/read_bytes.h"

namespace {

void read_table(std::string_view text, const char* where) { tutti::parse_csv(text, where, {}); }

}  // namespace

TUTTI_FUZZ_READER(read_table)
