// Seeds: tests/fuzz/seeds/idx_*
#include "io/formats/idx.h"

#include "io/formats/gzip.h"
#include "tests/fuzz/read_bytes.h"

// As read_idx does of a file, with a limit that leaves the fuzzer its memory.
static tutti::Tensor read_plain_or_packed(std::string_view bytes, const std::string& where) {
  if (!tutti::is_gzip(bytes)) return tutti::parse_idx(bytes, where);
  return tutti::parse_idx(tutti::inflate_gzip(bytes, 1 << 24, where), where);
}

TUTTI_FUZZ_READER(read_plain_or_packed)
