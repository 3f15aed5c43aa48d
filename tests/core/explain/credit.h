// The functions that tests/peers/goldens/explain_goldens.py explains, in double precision.
#pragma once

#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "core/base/error.h"
#include "core/explain/explanation.h"
#include "tests/conformance/graph_runner.h"

namespace tutti::test {

inline const Json& explained() {
  static const Json json = golden("explain");
  return json;
}

inline Tensor doubles_of(const Json& rows) { return tensor_of(rows).to(DType::f64); }

inline Matrix matrix_of(const Json& rows) {
  Matrix matrix(static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size()));
  for (int64_t i = 0; i < matrix.rows; ++i)
    for (int64_t j = 0; j < matrix.columns; ++j)
      matrix(i, j) = rows[static_cast<size_t>(i)][static_cast<size_t>(j)].get<double>();
  return matrix;
}

inline Tensor exact(const Json& rows) {
  const Matrix matrix = matrix_of(rows);
  return Tensor::from(matrix.values, {matrix.rows, matrix.columns});
}

inline double risk_of(const double* x) {
  const double score = -1 + 0.08 * (40 - x[0]) - 0.02 * (x[1] - 50) + 1.2 * (x[2] - 0.4) +
                       2.5 * x[3] + 0.3 * x[3] * x[2] - 0.012 * x[4] + 0.03 * x[5] - 0.001 * x[6] +
                       0.1 * x[7] * x[7] + 0.02 * x[8] + 0.05 * x[9];
  return 1 / (1 + std::exp(-score));
}

// (rows, 10) to the probability that a credit is not paid back.
inline Tensor risk(const Tensor& rows) {
  const auto x = rows.to_vector<double>();
  std::vector<double> result;
  for (size_t i = 0; i < x.size(); i += 10) result.push_back(risk_of(x.data() + i));
  return Tensor::from(result, {rows.rows()});
}

inline Tensor both_risks(const Tensor& rows) {
  std::vector<double> result;
  for (const double p : risk(rows).to_vector<double>()) result.insert(result.end(), {1 - p, p});
  return Tensor::from(result, {rows.rows(), 2});
}

inline const std::vector<std::string>& credit_features() {
  static const std::vector<std::string> names = {
      "age",   "income",  "debt_ratio",  "late_payments", "years_employed",
      "loans", "savings", "utilization", "inquiries",     "rent"};
  return names;
}

// The contributions are those given, in order: [[feature, weight], ...].
inline void expect_contributions(const std::vector<Contribution>& found, const Json& given,
                                 double tolerance) {
  ASSERT_EQ(found.size(), given.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].feature, given[i][0].get<int64_t>()) << "place " << i;
    EXPECT_NEAR(found[i].weight, given[i][1].get<double>(), tolerance) << "place " << i;
  }
}

// An Error that says all of this.
inline void expect_error(const std::function<void()>& act, const std::vector<std::string>& parts) {
  try {
    act();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    for (const auto& part : parts) EXPECT_THAT(error.what(), testing::HasSubstr(part));
  }
}

}  // namespace tutti::test
