// Seeds: tests/io/formats/*.npy
#include "io/formats/npy.h"

#include "tests/fuzz/read_bytes.h"

TUTTI_FUZZ_READER(tutti::parse_npy)
