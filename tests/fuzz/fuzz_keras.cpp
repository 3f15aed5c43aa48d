// A model's config, as it stands in `.keras` files: what it describes is made, without weights.
// Seeds: tests/fuzz/seeds/json_*
#include "core/layers/deferred_weights.h"
#include "io/config_json.h"
#include "io/keras/keras_config.h"
#include "io/keras/saved_model.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void make_model(std::string_view text, const char* where) {
  const tutti::DeferredWeights never_drawn;
  tutti::saved_model(tutti::from_keras(tutti::parse_json(text, where)), where);
}

}  // namespace

TUTTI_FUZZ_READER(make_model)
