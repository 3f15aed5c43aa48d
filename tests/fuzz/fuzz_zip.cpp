// Seeds: tests/io/keras/files/*.keras
#include "io/formats/zip_archive.h"

#include "tests/fuzz/read_bytes.h"

TUTTI_FUZZ_READER(tutti::parse_zip)
