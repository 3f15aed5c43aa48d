// A `.h5` file of a whole model, as Keras 2 and 3 write them.
// Seeds: tests/io/keras/files/*.h5
#include "core/model/model_file.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void load(std::string_view bytes, const char*) {
  tutti::fuzz::FewFiles files({{"fuzz.h5", std::string(bytes)}});
  const tutti::Replace<tutti::FileSystem> replaced(files);
  tutti::load_model("fuzz.h5");
}

}  // namespace

TUTTI_FUZZ_READER(load)
