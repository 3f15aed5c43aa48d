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

TEST(memory_shortage, counts_weights_gradients_state_and_outputs) {
  const auto model = stack(1000);  // 10 + 3,000 weights
  const auto adam = make<Optimizer>("adam"), sgd = make<Optimizer>("sgd");
  const auto short_of = [&](const Optimizer& optimizer, const ShardLayout& layout, size_t bytes) {
    return memory_shortage(*model, optimizer, layout, bytes);
  };
  const auto holds = [&](const Optimizer& optimizer, const ShardLayout& layout, size_t bytes) {
    EXPECT_FALSE(short_of(optimizer, layout, bytes));
    EXPECT_TRUE(short_of(optimizer, layout, bytes - 1));
  };
  // Both outputs of each row, and the gradient of the wide one.
  const size_t weights = 4 * 3010, row = 4 * (2 + 1000 + 1000);
  holds(*adam, {32, 1}, 4 * weights + 32 * row);
  holds(*sgd, {32, 1}, 2 * weights + 32 * row);
  // Eight passes, of at most 5 rows of 33; gradients of shards 0 to 3, 4 and 5, and 6 wait for 7.
  holds(*adam, {32, 8}, 6 * weights + 4 * row);
  holds(*sgd, {33, 8}, 4 * weights + 5 * row);
  // Of three ranks the second owns shards 2, 3 and 4 of 8: two roots, in passes of 8 and 4 rows.
  holds(*sgd, {32, 8, 1, 3}, 3 * weights + 8 * row);
  const auto shortage = short_of(*adam, {32, 8}, 0);
  EXPECT_EQ(shortage->layer, "wide");
  EXPECT_THAT(shortage->message, HasSubstr("smaller batch_size"));
  EXPECT_THAT(shortage->message, HasSubstr("in each of 8 passes"));
}

// What an activation or a reshape returns is where its input was.
TEST(memory_shortage, counts_no_output_twice) {
  const auto bytes = [](const char* activation, bool flat) {
    auto model = std::make_shared<Sequential>();
    Dense dense(1000, activation);
    dense->set_input_shape({4});
    model->add(dense);
    if (flat) model->add(make<Layer>("Flatten"));
    size_t limit = 0;
    while (memory_shortage(*model, *make<Optimizer>("sgd"), {32, 1}, limit)) limit += 4000;
    return limit;
  };
  EXPECT_EQ(bytes("relu", false), bytes("linear", false));
  EXPECT_EQ(bytes("relu", true), bytes("linear", false));
  EXPECT_GT(bytes("softmax", false), bytes("linear", false));
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
