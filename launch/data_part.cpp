#include "launch/data_part.h"

#include <numeric>

namespace tutti {

std::vector<std::vector<std::string>> DataPart::class_names() const {
  return streamed ? streamed->class_names() : rows.class_names();
}

uint64_t DataPart::digest() const { return streamed ? streamed->digest() : rows.digest(); }

DataPart DataPart::with_outputs(std::vector<CheckedOutput> outputs) const {
  DataPart part = *this;
  if (streamed) {
    std::vector<StreamedOutput> chosen;
    for (const auto& [output, check] : outputs) {
      StreamedOutput& one = chosen.emplace_back();
      one.output = output;
      // Who reads a row knows its place.
      if (check)
        one.check = [check = check](const Tensor& labels) { check(labels, rows_of("labels")); };
    }
    part.streamed = streamed->with_outputs(std::move(chosen));
    return part;
  }
  NamedTensors ordered;
  std::vector<Tensor> weights;
  std::vector<std::vector<std::string>> names;
  for (const auto& [output, check] : outputs) {
    ordered.push_back(rows.outputs()[output]);
    weights.push_back(rows.sample_weight(output));
    names.push_back(rows.class_names()[output]);
    if (check) check(ordered.back().second, place);
  }
  part.rows = rows.with_outputs(std::move(ordered), weights, std::move(names));
  return part;
}

Dataset DataPart::in_memory(int64_t begin, int64_t end) const {
  if (!streamed) return rows.slice_rows(begin, end);
  std::vector<int64_t> some(static_cast<size_t>(end - begin));
  std::iota(some.begin(), some.end(), begin);
  return streamed->read(some);
}

}  // namespace tutti
