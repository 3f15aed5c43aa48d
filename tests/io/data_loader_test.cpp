#include "io/data_loader.h"

#include "core/base/seed.h"
#include "core/model/sequential.h"
#include "io/datasets/shipped.h"
#include "tests/io/error_check.h"
#include "tutti/kinds.h"

namespace tutti {
namespace {

TEST(DataLoader, GivesTheBatchesOfFit) {
  const Dataset iris = datasets::iris();
  const auto trained = [&](bool by_loop) {
    set_random_seed(5);
    Sequential model({Dense(6, "tanh"), Dense(3, "softmax")});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    if (!by_loop) {
      model.fit(iris, {.epochs = 3, .batch_size = 40, .verbose = 0});
    } else {
      DataLoader loader(iris, {.batch_size = 40});
      EXPECT_EQ(loader.size(), 4);
      for (int epoch = 0; epoch < 3; ++epoch)
        for (const Dataset& batch : loader) model.train_on_batch(batch);
    }
    return model.digest();
  };
  EXPECT_EQ(trained(true), trained(false));
}

TEST(DataLoader, KeepsTheOrderOrDropsTheRest) {
  const Dataset iris = datasets::iris();
  DataLoader loader(iris, {.batch_size = 40, .shuffle = false, .drop_last = true});
  int64_t begin = 0;
  for (const Dataset& batch : loader) {
    EXPECT_EQ(batch.digest(), iris.slice_rows(begin, begin + 40).digest());
    begin += 40;
  }
  EXPECT_EQ(begin, 120);
  EXPECT_TRUE(throws_with([&] { DataLoader(iris, {.batch_size = 0}); }, {"[DataLoader]", "1 or"}));
  EXPECT_TRUE(throws_with([&] { DataLoader(iris, {.batch_size = 200, .drop_last = true}); },
                          {"150 rows", "lower batch_size"}));
}

}  // namespace
}  // namespace tutti
