#include "io/formats/idx.h"

#include "tests/fuzz/read_bytes.h"

TUTTI_FUZZ_READER(tutti::parse_idx)
