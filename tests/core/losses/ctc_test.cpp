// CTC against the sum over all alignments, written out.
#include "core/losses/ctc.h"

#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

test::Json sequences(int rows, int steps, int classes) {
  test::Json all = test::Json::array();
  for (int r = 0; r < rows; ++r) {
    test::Json row = test::Json::array();
    for (int t = 0; t < steps; ++t) {
      test::Json step = test::Json::array();
      for (int c = 0; c < classes; ++c) step.push_back(std::sin(1.7 * r + 2.3 * t + 0.9 * c));
      row.push_back(step);
    }
    all.push_back(row);
  }
  return all;
}

const test::EnterLoss kCtc[] = {
    {"CTC", {.y_true = {{1, 2}, {2, 2}, {1, 0}, {2, 1}, {1, 1}}, .y_pred = sequences(5, 4, 3)}},
};

// Labels without repeats and blanks.
std::vector<int64_t> collapsed(const std::vector<int64_t>& path) {
  std::vector<int64_t> labels;
  for (size_t t = 0; t < path.size(); ++t)
    if (path[t] != 0 && (t == 0 || path[t] != path[t - 1])) labels.push_back(path[t]);
  return labels;
}

double by_hand(const std::vector<double>& logits, int64_t steps, int64_t classes,
               const std::vector<int64_t>& labels) {
  double sum = 0;
  int64_t paths = 1;
  for (int64_t t = 0; t < steps; ++t) paths *= classes;
  for (int64_t p = 0; p < paths; ++p) {
    std::vector<int64_t> path;
    double probability = 1;
    for (int64_t t = 0, rest = p; t < steps; ++t, rest /= classes) {
      path.push_back(rest % classes);
      double total = 0;
      const double* step = logits.data() + t * classes;
      for (int64_t c = 0; c < classes; ++c) total += std::exp(step[c]);
      probability *= std::exp(step[path.back()]) / total;
    }
    if (collapsed(path) == labels) sum += probability;
  }
  return -std::log(sum);
}

TEST(CTC, SumsOverAllAlignments) {
  const Tensor logits = test::tensor_of(sequences(1, 5, 3));
  const losses::CTC loss;
  const std::vector<std::vector<int64_t>> cases = {{1, 2}, {2, 2}, {1, 0}, {2, 1}};
  for (const auto& labels : cases) {
    const Tensor got = test::run_one({Tensor::from(labels, {1, 2}), logits},
                                     [&](const auto& in) { return loss(in[0], in[1]); });
    std::vector<int64_t> shown = labels;
    std::erase(shown, 0);
    EXPECT_NEAR(got.item(), by_hand(logits.to_vector<double>(), 5, 3, shown), 1e-5);
  }
}

TEST(CTC, RefusesOtherShapes) {
  EXPECT_NE(test::error_of([] {
              losses::CTC().call(make_input("y", {kRows, 3}), make_input("p", {kRows, 3}));
            }).find("(rows, steps, classes)"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
