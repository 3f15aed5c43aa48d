// Texts of folders and tables, on their way to numbers.
// Seeds: tests/fuzz/seeds/text_*
#include "core/layers/text_vectorization.h"

#include "tests/fuzz/read_bytes.h"

namespace {

void vectorize(std::string_view text, const char*) {
  tutti::TextVectorizationOptions options;
  if (text.size() % 2 == 0) options.split = "character";
  if (text.size() % 3 == 0) options.ngrams = tutti::Config(int64_t{2});
  tutti::TextVectorizationLayer layer(options);
  layer.adapt(tutti::Tensor::text({std::string(text)}));
}

}  // namespace

TUTTI_FUZZ_READER(vectorize)
