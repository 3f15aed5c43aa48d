// Seeds: tests/fuzz/seeds/json_*
#include "io/config_json.h"

#include "tests/fuzz/read_bytes.h"

TUTTI_FUZZ_READER(tutti::parse_json)
