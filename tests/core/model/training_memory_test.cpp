#include "core/model/training_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/seed.h"
#include "core/layers/deferred_weights.h"
#include "core/layers/dense.h"
#include "core/model/sequential.h"

namespace tutti {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<Sequential> stack(int64_t units) {
  auto model = std::make_shared<Sequential>();
  for (const char* name : {"small", "wide"}) {
    Dense dense(name == std::string("wide") ? units : 2);
    dense->set_name(name);
    if (name == std::string("small")) dense->set_input_shape({4});
    model->add(dense);
  }
  return model;
}

TEST(memory_shortage, counts_weights_gradients_state_and_the_largest_output) {
  const auto model = stack(1000);  // 10 + 3,000 weights
  const auto adam = make<Optimizer>("adam"), sgd = make<Optimizer>("sgd");
  const size_t weights = 4 * 3010, outputs = 4 * 1000 * 32;
  const size_t with_adam = 4 * weights + outputs, with_sgd = 2 * weights + outputs;
  EXPECT_FALSE(memory_shortage(*model, *adam, 32, with_adam));
  EXPECT_FALSE(memory_shortage(*model, *sgd, 32, with_sgd));
  EXPECT_TRUE(memory_shortage(*model, *sgd, 33, with_sgd));
  EXPECT_TRUE(memory_shortage(*model, *sgd, 32, with_sgd - 1));
  const auto shortage = memory_shortage(*model, *adam, 32, with_adam - 1);
  ASSERT_TRUE(shortage);
  EXPECT_EQ(shortage->layer, "wide");
  EXPECT_THAT(shortage->message, HasSubstr("smaller batch_size"));
}

TEST(DeferredWeights, draw_what_would_have_been_drawn_at_once) {
  const auto drawn = [](bool deferred) {
    set_random_seed(3);
    if (!deferred) return stack(5)->get_weights();
    std::shared_ptr<Sequential> model;
    {
      DeferredWeights weights;
      model = stack(5);
      weights.draw();
    }
    return model->get_weights();
  };
  const auto now = drawn(false), later = drawn(true);
  ASSERT_EQ(now.size(), later.size());
  for (size_t i = 0; i < now.size(); ++i)
    EXPECT_EQ(now[i].to_vector<float>(), later[i].to_vector<float>());
  EXPECT_EQ(DeferredWeights::current(), nullptr);
}

}  // namespace
}  // namespace tutti
