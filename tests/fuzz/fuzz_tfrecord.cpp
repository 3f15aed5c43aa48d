// Seeds: tests/io/formats/*.tfrecord
#include <algorithm>
#include <vector>

#include "io/formats/example.h"
#include "io/formats/tfrecord.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void read_features(std::string_view record, const std::string& where) {
  using tutti::DType;
  const std::vector<tutti::FeatureColumn> features = {{"image", DType::u8, {2, 3}},
                                                      {"point", DType::f32, {3}},
                                                      {"label", DType::i32, {}},
                                                      {"picture", DType::f32, {4, 4, 3}, true}};
  uint8_t image[6];
  float point[3], picture[48];
  int32_t label;
  tutti::read_example(record, where, features, {image, point, &label, picture});
}

// Checksums stop nearly all that is changed: the bytes behind the first head are an Example, too.
void read_records(std::string_view bytes, const std::string& where) {
  try {
    read_features(bytes.substr(std::min<size_t>(bytes.size(), 12)), where);
  } catch (const tutti::Error&) {
  }
  for (const auto record : tutti::parse_tfrecord(bytes, where)) read_features(record, where);
}

}  // namespace

TUTTI_FUZZ_READER(read_records)
