// Jobs of each kind of net, with what decides between epochs, alone and under mpirun: the same
// weights, moving statistics and history, byte by byte.
#include <gmock/gmock.h>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

class MpirunShapes : public InTemporaryFolder {
 protected:
  // What a run leaves of 400 of the digits.
  std::vector<std::string> left_by(const std::string& program, const std::string& model,
                                   const std::string& more) {
    const auto job =
        write("job.yaml",
              "data: {dataset: digits, scale: 0.0625, split: {test: 0.75, seed: 42}, "
              "validation_split: 0.2}\n"
              "loss: {SparseCategoricalCrossentropy: {from_logits: true}}\nmetrics: [accuracy]\n"
              "fit: {epochs: 3, batch_size: 64, class_weight: {3: 2.0}}\nseed: 42\nshards: 4\n"
              "callbacks:\n"
              "  - EarlyStopping: {monitor: val_loss, patience: 1, restore_best_weights: true}\n" +
                  more + "model:\n" + model);
    const std::string run = "run" + std::to_string(++runs_);
    const Finished done =
        shell(program + " train " + job.string() + " --run " + run + " --threads 1");
    EXPECT_EQ(done.code, 0) << done.out << done.err;
    return {last_line(done.out), read_text(folder_ / run / "history.csv"),
            read_text(folder_ / run / "model.weights.safetensors")};
  }

  void expect_one_result(const std::string& model, const std::string& more) {
    const auto alone = left_by("tutti", model, more);
    for (const int ranks : {2, 3, 4}) {
      SCOPED_TRACE(std::to_string(ranks) + " ranks");
      const auto shared = left_by(mpirun(ranks), model, more);
      EXPECT_EQ(shared[0], alone[0]);
      EXPECT_EQ(shared[1], alone[1]);
      EXPECT_TRUE(shared[2] == alone[2]) << "weights differ";
    }
  }

  const std::string plateau_ =
      "  - ReduceLROnPlateau: {monitor: val_loss, patience: 0, min_delta: 0.1, factor: 0.5}\n"
      "optimizer: {Adam: {learning_rate: 0.01, use_ema: true, ema_momentum: 0.9, clipnorm: 0.5, "
      "gradient_accumulation_steps: 2}}\n";

 private:
  int runs_ = 0;
};

TEST_F(MpirunShapes, AConvolutionalNetWithBatchStatisticsAndDropout) {
  expect_one_result(
      "  - Reshape: {target_shape: [8, 8, 1]}\n"
      "  - Conv2D: {filters: 4, kernel_size: 3, padding: same}\n"
      "  - BatchNormalization\n  - ReLU\n  - MaxPooling2D\n  - Flatten\n  - Dropout: {rate: 0.3}\n"
      "  - Dense: {units: 10}\n",
      plateau_);
}

TEST_F(MpirunShapes, AnLstmThatWarmsUp) {
  expect_one_result(
      "  - Reshape: {target_shape: [8, 8]}\n"
      "  - LSTM: {units: 12, dropout: 0.2}\n  - Dense: {units: 10}\n",
      "optimizer: {Adam: {learning_rate: {CosineDecay: {initial_learning_rate: 0.0, "
      "decay_steps: 20, warmup_target: 0.02, warmup_steps: 6}}}}\n");
}

TEST_F(MpirunShapes, ATransformerInMixedPrecision) {
  expect_one_result(
      "  - Reshape: {target_shape: [8, 8], name: rows}\n"
      "  - MultiHeadAttention: {num_heads: 2, key_dim: 4, dropout: 0.1, inputs: [rows, rows], "
      "name: "
      "seen}\n"
      "  - Add: {inputs: [rows, seen]}\n  - LayerNormalization\n"
      "  - GlobalAveragePooling1D\n  - Dense: {units: 10, dtype: float32}\n",
      plateau_ + "dtype_policy: mixed_bfloat16\n");
}

TEST_F(InTemporaryFolder, ARankThatMpirunHoldsToLessThanItsPartSaysSo) {
  if (shell("[ $(nproc) -ge 2 ]").code != 0) GTEST_SKIP() << "one processor";
  const auto job = std::string(TUTTI_SOURCE_DIR) + "/launch/examples/iris.yaml";
  const auto said_by = [&](const std::string& before, const std::string& options) {
    static int runs = 0;
    const Finished run =
        shell(before + kMpirun + options + " -n 1 " + quoted_word(tutti_program()) +
              " train --set fit.epochs=1 " + job + " --run run" + std::to_string(++runs));
    EXPECT_EQ(run.code, 0) << run.err;
    return run.err;
  };
  const std::string bound = said_by("", "--bind-to core");
  EXPECT_THAT(bound, testing::HasSubstr("may use 1 of the "));
  EXPECT_THAT(bound, testing::HasSubstr("add --bind-to none"));
  EXPECT_EQ(bound.find("[mpirun]"), bound.rfind("[mpirun]"));
  const auto silent = testing::Not(testing::HasSubstr("[mpirun]"));
  EXPECT_THAT(said_by("", "--bind-to none"), silent);
  // As in a container of one processor: there is no more to give.
  EXPECT_THAT(said_by("taskset -cp $(taskset -cp $$ | sed 's/.*: *//; s/[,-].*//') $$ >/dev/null; ",
                      "--bind-to none"),
              silent);
}

}  // namespace
}  // namespace tutti::testing_support
