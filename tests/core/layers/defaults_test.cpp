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
    "lora_rank",    "lora_alpha", "quantization_config", "sparse", "ragged",
    "input_tensor", "optional",   "batch_size"};

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

Json comparable(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return snake_case(value.get<std::string>());
  return value;
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

TEST(Defaults, NoArgumentIsOurOwn) {
  const auto keras = test::golden("defaults");
  for (const auto& [category, kinds] : keras.items())
    for (const auto& [name, arguments] : kinds.items())
      for (const auto& argument : find_kind(category, name)->arguments)
        EXPECT_TRUE(arguments.contains(argument.name))
            << category << " " << name << "." << argument.name;
}

}  // namespace
}  // namespace tutti
