// A program reads as its Keras original does.
#include <gtest/gtest.h>
#include <tutti/tutti.h>

namespace {

TEST(Program, TrainsAsItsKerasOriginalReads) {
  char name[] = "program";
  char* arguments[] = {name, nullptr};
  int argc = 1;
  char** argv = arguments;

  tutti::Session session(argc, argv);  // laptop, mpirun, srun
  auto [train, test] = tutti::datasets::iris().split(0.2, /*seed=*/42);
  tutti::StandardScaler scaler;  // fitted on training rows only, kept with the model
  train = scaler.fit_transform(train);
  test = scaler.transform(test);
  tutti::Sequential model(
      {tutti::Dense(8, "relu"), tutti::Dense(10, "relu"), tutti::Dense(3, "softmax")});
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  auto history = model.fit(train, {.epochs = 100, .batch_size = 5});

  EXPECT_EQ(history["loss"].size(), 100u);
  EXPECT_LT(history["loss"].back(), history["loss"].front() / 3);
  EXPECT_GE(*model.evaluate(test).find("accuracy"), 0.9);
  EXPECT_EQ(tutti::Session::current(), &session);
}

TEST(Program, SessionTakesItsOptionsAndLeavesTheOthers) {
  char words[][16] = {"program", "--threads", "1", "--seed=7", "--mine", "x"};
  char* argv[] = {words[0], words[1], words[2], words[3], words[4], words[5], nullptr};
  const tutti::Session session(6, argv);
  EXPECT_EQ(session.world().pool->threads(), 1);
  EXPECT_EQ(tutti::random_seed(), 7u);
  EXPECT_EQ(session.size(), 1);
  EXPECT_TRUE(session.speaks());
}

TEST(Program, TheCommandLineComesBeforeAProgramsOwnOptions) {
  char words[][16] = {"program", "--seed", "7"};
  char* argv[] = {words[0], words[1], words[2], nullptr};
  const tutti::SessionOptions own = {.threads = 1, .seed = 42};
  {
    const tutti::Session session(3, argv, own);
    EXPECT_EQ(tutti::random_seed(), 7u);
    EXPECT_EQ(session.world().pool->threads(), 1);
  }
  const tutti::Session session(1, argv, own);
  EXPECT_EQ(tutti::random_seed(), 42u);
}

TEST(Program, SessionRefusesWhatItCannotDo) {
  EXPECT_THROW(tutti::Session(tutti::SessionOptions{.threads = -1}), tutti::Error);
  EXPECT_THROW(tutti::Session(tutti::SessionOptions{.device = "gpu"}), tutti::Error);
  EXPECT_THROW(tutti::Session(tutti::SessionOptions{.isa = "avx1"}), tutti::Error);
  EXPECT_EQ(tutti::Session::current(), nullptr);
}

}  // namespace
