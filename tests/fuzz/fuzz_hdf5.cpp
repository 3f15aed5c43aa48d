// Seeds: tests/io/keras/files/*.h5
#include "io/formats/hdf5.h"

#include "tests/fuzz/read_bytes.h"

TUTTI_FUZZ_READER(tutti::parse_hdf5)
