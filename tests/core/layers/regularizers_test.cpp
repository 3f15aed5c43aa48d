// Regularizers: values by hand and as in Keras, and what their configs give back.
#include "core/regularizers/l1_l2.h"

#include "core/regularizers/orthogonal.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

double penalty(const Regularizer& regularizer) {
  return test::run_one({Tensor{{1, -2}, {3, -4}}},
                       [&](const auto& in) { return regularizer(in[0]); })
      .item();
}

TEST(Regularizers, AreTheSumsTheyName) {
  EXPECT_FLOAT_EQ(penalty(L1(0.5)), 5.0);
  EXPECT_FLOAT_EQ(penalty(L2(0.1)), 3.0);
  EXPECT_FLOAT_EQ(penalty(L1L2({.l1 = 0.5, .l2 = 0.1})), 8.0);
}

TEST(Regularizers, EqualKeras) {
  const auto data = test::golden("weights");
  const Tensor weight = test::tensor_of(data["weight"]);
  for (const auto& item : data["regularizers"]) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump());
    const auto regularizer =
        make<Regularizer>(test::call_of(item["name"].get<std::string>(), item["arguments"]));
    test::expect_close(evaluate((*regularizer)(Value(weight))), item["result"], 3e-6, 1e-7);
  }
}

TEST(Regularizers, OrthogonalRowsCostNothing) {
  const OrthogonalRegularizer rows({.factor = 2.0});
  const auto cost = [&](const Tensor& weight) { return evaluate(rows(Value(weight))).item(); };
  EXPECT_NEAR(cost(Tensor{{1, 0, 0}, {0, 3, 4}}), 0.0, 1e-7);
  EXPECT_NEAR(cost(Tensor{{1, 0, 0}, {5, 0, 0}}), 2.0, 1e-6);
  EXPECT_NE(test::error_of([&] { cost(Tensor{1, 2}); }).find("takes a matrix"), std::string::npos);
  EXPECT_NE(test::error_of([] { OrthogonalRegularizer({.mode = "row"}); }).find("'rows'"),
            std::string::npos);
}

TEST(Regularizers, ComeBackFromTheirConfigAndNames) {
  EXPECT_EQ(to_string(kind_config(*make<Regularizer>("l2"))), "{L2: {l2: 0.01}}");
  EXPECT_EQ(to_string(kind_config(*make<Regularizer>("l1_l2"))), "{L1L2: {l1: 0.0, l2: 0.0}}");
  const Config config = kind_config(L1(0.3));
  EXPECT_EQ(kind_config(*make<Regularizer>(config)), config);
}

TEST(Regularizers, RefuseWhatIsNotFinite) {
  EXPECT_EQ(test::error_of([] { L2(NAN); }), "[L2] l2 is nan; use a finite number");
}

}  // namespace
}  // namespace tutti
