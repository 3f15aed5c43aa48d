// Seeds: launch/examples/*.yaml
#include "launch/yaml_reader.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void read(std::string_view text, const char* where) { tutti::read_yaml(text, where); }

}  // namespace

TUTTI_FUZZ_READER(read)
