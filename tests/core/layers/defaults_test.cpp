// Every shipped kind has Keras's arguments with Keras's defaults; what differs is listed here.
#include <set>

#include "core/base/registry.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::Json;

// Arguments of Keras that are not there, whatever the kind.
const std::set<std::string> kAbsent = {
    // distributed and low-rank variants of layers
    "lora_rank", "lora_alpha", "sparse", "ragged", "input_tensor", "optional", "batch_size",
    // statistics that no batch has
    "renorm", "renorm_clipping", "renorm_momentum",
    // Python functions, and layers of which Keras itself reads no weights
    "mask", "arguments", "weights", "gptq_unpacked_column_size",
    // heads over other axes than places, gates, and the choice of a kernel
    "attention_axes", "use_gate", "flash_attention"};

// A name or a config by its full form: "relu" is what {relu: {...defaults}} is.
Json comparable(const Config& value) {
  if (value.is_null()) return nullptr;
  if (value.is_bool()) return value.as_bool();
  if (value.is_number()) return value.as_double();
  if (value.is_list()) {
    // A list of one stands for its element: Keras's axis=-1.
    if (value.as_list().size() == 1) return comparable(value.as_list()[0]);
    Json list = Json::array();
    for (const auto& item : value.as_list()) list.push_back(comparable(item));
    return list;
  }
  if (value.is_string()) return snake_case(value.as_string());
  return snake_case(value.as_map()[0].first);
}

// A list of one value repeated stands for the value: Keras's strides=(1, 1) is 1 here.
Json comparable(const Json& value) {
  if (value.is_array() && !value.empty()) {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(comparable(item));
    const bool alike =
        std::all_of(list.begin(), list.end(), [&](const Json& item) { return item == list[0]; });
    return alike ? list[0] : list;
  }
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return value;
  const auto text = value.get<std::string>();
  const KindInfo* initializer = find_kind("initializer", text);  // "uniform" is an alias
  return snake_case(initializer ? initializer->name : text);
}

TEST(Defaults, AreKeras) {
  int compared = 0;
  std::set<std::string> absent;
  const auto keras = test::golden("defaults");  // items() refers to it
  for (const auto& [category, kinds] : keras.items()) {
    for (const auto& [name, arguments] : kinds.items()) {
      const KindInfo* kind = find_kind(category, name);
      ASSERT_NE(kind, nullptr) << category << " " << name;
      for (const auto& [key, expected] : arguments.items()) {
        SCOPED_TRACE(category + " " + name + "." + key);
        const auto found = std::find_if(kind->arguments.begin(), kind->arguments.end(),
                                        [&, &key = key](const auto& it) { return it.name == key; });
        if (found == kind->arguments.end()) {
          EXPECT_TRUE(kAbsent.contains(key));
          absent.insert(key);
          continue;
        }
        ++compared;
        EXPECT_EQ(found->required, expected.contains("required"));
        if (!found->required) {
          EXPECT_EQ(comparable(kind->default_of(*found)), comparable(expected["default"]));
        }
      }
    }
  }
  EXPECT_GT(compared, 150);
  EXPECT_EQ(absent, kAbsent) << "what is there is not listed as absent";
}

// What Keras takes when it calls a layer, and a job file says with the layer; what its image layers
// and ReversibleEmbedding take though their signatures do not name it; what its configs have
// besides.
const std::set<std::string> kOwn = {"use_causal_mask", "zero_output_for_mask",
                                    "data_format",     "vocabulary_size",
                                    "oov_method",      "quantization_config"};

TEST(Defaults, NoOtherArgumentIsOurOwn) {
  const auto keras = test::golden("defaults");
  for (const auto& [category, kinds] : keras.items())
    for (const auto& [name, arguments] : kinds.items())
      for (const auto& argument : find_kind(category, name)->arguments)
        EXPECT_TRUE(arguments.contains(argument.name) || kOwn.contains(argument.name))
            << category << " " << name << "." << argument.name;
}

}  // namespace
}  // namespace tutti
