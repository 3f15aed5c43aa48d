// A `.keras` file of parts: config.json, model.weights.h5, assets. What fuzz_zip does not reach, as
// checksums would stop it.
// Seeds: tests/fuzz/seeds/keras_file_*
#include "core/model/model_file.h"
#include "io/formats/zip_archive.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void load(std::string_view bytes, const char*) {
  tutti::fuzz::FewFiles files({{"fuzz.keras", tutti::write_zip(tutti::fuzz::parts_of(bytes))}});
  const tutti::Replace<tutti::FileSystem> replaced(files);
  tutti::load_model("fuzz.keras");
}

}  // namespace

TUTTI_FUZZ_READER(load)
